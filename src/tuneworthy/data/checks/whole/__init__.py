"""Checks that look at a row among all: one file a subject."""

from tuneworthy.data.checks.whole import (
    conflicts,
    duplicates,
    formats,
    leakage,
    lengths,
    personal,
)

WHOLE_CHECKS = (
    lengths.SHORT_ROW,
    lengths.LONG,
    formats.BROKEN,
    formats.MIXED,
    duplicates.EXACT,
    duplicates.NEAR,
    conflicts.CHECK,
    personal.PII,
    personal.SECRET,
    leakage.CHECK,
)
