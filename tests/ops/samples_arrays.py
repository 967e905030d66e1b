"""Samples of picking, placing, joining, sorting, statistics and control flow; see samples.py for what the tables mean."""

DOMAINS = {}
PREPARED = {}
SAMPLES = {}
COMPOSED = []
