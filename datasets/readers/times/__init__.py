"""The time of every row, in columns of dates, of parts of dates, or of numbers."""
