"""Named arrays of a file, with their time, rate and labels."""
