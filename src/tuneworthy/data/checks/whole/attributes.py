"""Who and what the rows are about, by columns that the user names, against declared shares.

It counts what is written down and guesses nobody's attribute. Rows without a value are told by
their share and left out of the others.
"""

from collections.abc import Mapping, Sequence

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.balance import Fit, against_declared, share_text, shares

MOST = 30
"""Values of one column whose shares are told."""
ALPHA = 0.01
STANDS_OUT = 2.0
"""Size of a standardised residual from which a value is too often (Agresti 2013, section 3.3)."""


def _find(table: Table, setting: Setting) -> Outcome:
    if not setting.attributes:
        return Outcome(skipped="no column was named: --group COLUMN")
    figure: dict[str, float | str] = {}
    why: dict[int, str] = {}
    for column, values in setting.attributes.items():
        rows = [at for at in table.good.tolist() if values[at]]
        said = [values[at] for at in rows]
        figure[f"{column}: rows without a value"] = round(
            1 - len(rows) / max(1, len(table.good)), 4
        )
        for value, share in list(shares(said).items())[:MOST]:
            figure[f"{column}:{value[:40]}"] = share_text(share)
        declared = setting.declared.get(column)
        if declared and rows:
            fit = against_declared(said, declared)
            figure[f"{column}: p of the declared shares"] = _p_text(fit)
            why |= _too_many(column, rows, said, declared, fit)
    return Outcome(rows_of(list(why)), why=why, figure=figure)


def _too_many(
    column: str,
    rows: Sequence[int],
    said: Sequence[str],
    declared: Mapping[str, float],
    fit: Fit,
) -> dict[int, str]:
    """The rows with a value that comes more often than declared, when the whole does not fit."""
    if fit.p_value >= ALPHA or not (fit.readable or fit.p_value == 0):
        return {}
    total = sum(declared.values())
    over = {
        value: f"{column} is '{value[:40]}' in {said.count(value) / len(said):.1%} of the rows; "
        f"declared are {declared.get(value, 0.0) / total:.1%}"
        for value, residual in fit.residuals.items()
        if residual > STANDS_OUT
    }
    return {at: over[value] for at, value in zip(rows, said, strict=True) if value in over}


def _p_text(fit: Fit) -> str:
    return f"{fit.p_value:.2g}" + ("" if fit.readable else " (too few rows to be read)")


CHECK = WholeCheck(
    "attribute_balance",
    "warning",
    "The row has a value that comes more often than was declared.",
    "Add rows of the other values, or mend the declared shares.",
    _find,
)
