"""Written dates and times of day, in any common notation."""
