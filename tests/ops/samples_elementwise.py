"""Samples of elementwise and complex functions and Fourier transforms; see samples.py for what the tables mean."""

DOMAINS = {}
PREPARED = {}
SAMPLES = {}
COMPOSED = []
