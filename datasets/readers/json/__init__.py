"""JSON: records, lists, series and vectors of numbers."""
