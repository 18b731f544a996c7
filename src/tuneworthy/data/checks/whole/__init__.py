"""Checks that look at a row among all: one file a subject."""

from tuneworthy.data.checks.whole import (
    conflicts,
    contamination,
    duplicates,
    figures,
    formats,
    label_leak,
    label_noise,
    leakage,
    lengths,
    personal,
    poison,
    stale,
)

WHOLE_CHECKS = (
    lengths.SHORT_ROW,
    lengths.LONG,
    formats.BROKEN,
    formats.MIXED,
    duplicates.EXACT,
    duplicates.NEAR,
    conflicts.CHECK,
    stale.CHECK,
    label_noise.CHECK,
    label_leak.CHECK,
    poison.CHECK,
    personal.PII,
    personal.SECRET,
    leakage.CHECK,
    contamination.CHECK,
    figures.DIVERSITY,
    figures.BALANCE,
)
