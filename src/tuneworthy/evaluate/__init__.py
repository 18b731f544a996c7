"""Frozen suites, every alternative, paired comparisons."""
