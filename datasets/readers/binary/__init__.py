"""Binary formats: their bytes, signals, rates and annotations."""
