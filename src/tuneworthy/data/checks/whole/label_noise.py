"""Rows whose label is probably wrong, where targets are labels.

Confident learning (Northcutt, Jiang, Chuang 2021) over out-of-fold opinions of two simple models.
"""

from collections import Counter

import numpy as np

from tuneworthy.data.checks.check import Outcome, Setting, WholeCheck, rows_of
from tuneworthy.data.table import Rows, Table
from tuneworthy.methods.label_noise import looks_like_labels, suspect_rows
from tuneworthy.methods.text_vectors import text_vectors

MOST_EMBEDDED = 20_000
"""Rows up to which a sentence model reads the requests."""
MOST = 100_000
"""Rows up to which letters stand in for it."""


def labelled(table: Table) -> Rows:
    """The rows to judge: those whose targets are labels; none when the targets are not."""
    shapes = table.values("shape")
    rows = np.array([at for at in table.good.tolist() if shapes[at] != "document"], dtype=np.int64)
    targets = [table.targets[at].strip() for at in rows.tolist()]
    return rows if looks_like_labels(targets) else np.zeros(0, dtype=np.int64)


def find(table: Table, setting: Setting) -> Outcome:
    """Rows whose request looks like another label's."""
    rows = labelled(table)
    if not len(rows):
        return Outcome(skipped="the targets are not labels, or there are too few rows")
    if len(rows) > MOST:
        return Outcome(skipped=f"more than {MOST:,} rows; check a sample of the file")
    texts = [table.requests[at] for at in rows.tolist()]
    targets = [table.targets[at].strip() for at in rows.tolist()]
    meaning = setting.embed is not None and len(rows) <= MOST_EMBEDDED
    vectors = setting.embed(texts) if setting.embed and meaning else text_vectors(texts)
    found = rows[suspect_rows(vectors, targets, "strict" if setting.strict_labels else "normal")]
    figure: dict[str, float | str] = {
        "labels": len(Counter(targets)),
        "judged_by": "sentence embeddings" if meaning else "character n-grams",
        "mode": "strict" if setting.strict_labels else "normal",
    }
    return Outcome(rows_of(found.tolist()), figure=figure)


CHECK = WholeCheck(
    "label_noise",
    "warning",
    "The request looks like another label's.",
    "Look at the rows; mend the label, or leave them out: tuneworthy data fix --only label_noise",
    find,
)
