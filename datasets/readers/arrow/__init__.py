"""Columns of Arrow, and the parts of Parquet files."""
