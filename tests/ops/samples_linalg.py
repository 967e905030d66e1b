"""Samples of linear algebra; see samples.py for what the tables mean."""

DOMAINS = {}
PREPARED = {}
SAMPLES = {}
COMPOSED = []
