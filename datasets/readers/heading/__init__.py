"""The rows above a text table: comments, names of columns, units."""
