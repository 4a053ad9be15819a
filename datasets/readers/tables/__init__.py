"""The columns of a table: channels, labels, series, days in rows, counters."""
