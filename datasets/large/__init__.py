"""Recordings larger than memory: their values stay in files and are read piece by piece."""
