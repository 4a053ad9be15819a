"""Text tables: from the encoding and the dialect to rows of cells."""
