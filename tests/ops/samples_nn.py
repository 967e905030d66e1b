"""Samples of convolutions, pooling, normalization and losses; see samples.py for what the tables mean."""

DOMAINS = {}
PREPARED = {}
SAMPLES = {}
COMPOSED = []
