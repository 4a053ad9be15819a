"""Recordings: CSV as it is in the world, onto regular channels of numbers."""
