"""Samples of picking, placing, joining, sorting and statistics; see samples.py for what the tables mean."""

DOMAINS = {}
PREPARED = {}
SAMPLES = {}
COMPOSED = []
