"""The signal pipeline: X_normal is the nearest of the spectra learned from normal data."""
