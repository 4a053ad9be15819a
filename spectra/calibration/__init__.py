"""Distances and scores as probabilities: the Gaussian calibrator and what is built on it."""
