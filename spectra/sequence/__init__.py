"""Positional encoding, attention and the whole Transformer over spectral frames."""
