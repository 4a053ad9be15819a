"""Cells and columns: numbers, words for a missing value, names, units, the header."""
