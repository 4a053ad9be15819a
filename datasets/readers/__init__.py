"""Readers of files, one format a module, and a folder for each subject that they share."""
