"""Personal data with a checkable form: patterns, then checksums, then the known harmless values."""

from tuneworthy.methods.pii.bank import iban_valid
from tuneworthy.methods.pii.checksums import luhn
from tuneworthy.methods.pii.hit import Hit, Severity, claim
from tuneworthy.methods.pii.search import DETECTOR_VERSION, find_pii, find_pii_batch

__all__ = [
    "DETECTOR_VERSION",
    "Hit",
    "Severity",
    "claim",
    "find_pii",
    "find_pii_batch",
    "iban_valid",
    "luhn",
]
