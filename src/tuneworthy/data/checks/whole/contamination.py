"""Rows that hold a case of a public benchmark: whoever trains on them cannot be judged by it.

Eight words in a row in common, wherever in the row they stand: request or target.
"""

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Table
from tuneworthy.methods.neardup import contaminated


def find(table: Table, setting: Setting) -> Outcome:
    """Rows that share eight words in a row with a benchmark's request."""
    cases = setting.benchmarks
    if cases is None:
        return Outcome(skipped="no benchmark to compare with; name one with --benchmark")
    good, theirs = table.good.tolist(), cases.good.tolist()
    texts = [f"{table.requests[at]}\n{table.targets[at]}" for at in good]
    found = contaminated(texts, [cases.requests[at] for at in theirs])
    why = {
        at: f"holds a case of the benchmark, {cases.places[theirs[case]]}"
        for at, case in zip(good, found, strict=True)
        if case >= 0
    }
    return Outcome(rows_of(list(why)), why=why)


CHECK = WholeCheck(
    "contamination",
    "block",
    "The row holds a case of a benchmark.",
    "Leave it out: tuneworthy data fix --only contamination --benchmark FILE",
    find,
)
