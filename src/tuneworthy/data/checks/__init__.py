"""Checks of rows: of each by itself (``rows``) and of each among all (``whole``)."""

from tuneworthy.data.checks.check import Outcome, RowCheck, Setting, Tokens, WholeCheck
from tuneworthy.data.checks.rows import ROW_CHECKS
from tuneworthy.data.checks.whole import WHOLE_CHECKS

__all__ = ["ROW_CHECKS", "WHOLE_CHECKS", "Outcome", "RowCheck", "Setting", "Tokens", "WholeCheck"]
