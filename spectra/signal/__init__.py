"""A recording as frames and spectra: grid, period, scale, spectrum, views, distance."""
