"""Numbered migrations of the ledger's tables; each runs in one transaction."""
