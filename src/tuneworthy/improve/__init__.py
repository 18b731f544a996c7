"""Proposals: what to do about what monitoring saw."""
