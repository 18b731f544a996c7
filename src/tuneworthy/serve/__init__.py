"""Splitting traffic, judging a canary, recording what was said."""
