"""The documents of an audit pack, each made from nouns alone."""

from tuneworthy.govern.pack.bill_of_materials import ml_bom
from tuneworthy.govern.pack.clauses import clause_map, clause_table
from tuneworthy.govern.pack.lineage_events import lineage_events
from tuneworthy.govern.pack.privacy import Sieve
from tuneworthy.govern.pack.words import build_level, how_to_verify

__all__ = [
    "Sieve",
    "build_level",
    "clause_map",
    "clause_table",
    "how_to_verify",
    "lineage_events",
    "ml_bom",
]
