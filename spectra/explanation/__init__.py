"""Explanation of an alarm: its bands, channels, kind, and the most similar normal stretch."""
