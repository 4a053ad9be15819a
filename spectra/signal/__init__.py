"""A recording as frames and spectra: the grid of frames, the period, the spectrum, the views φ and
their distance.
"""
