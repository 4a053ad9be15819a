"""Texts that hold no plain table: those that can be made one, and those that are refused."""
