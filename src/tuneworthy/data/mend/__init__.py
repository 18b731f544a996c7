"""Mends a file: which rows to leave out or change, and the new file with its ledger."""

from tuneworthy.data.mend.plan import AMONG, FIXABLE, Plan, plan_fix
from tuneworthy.data.mend.write import Mended, write_ledger, write_mended

__all__ = ["AMONG", "FIXABLE", "Mended", "Plan", "plan_fix", "write_ledger", "write_mended"]
