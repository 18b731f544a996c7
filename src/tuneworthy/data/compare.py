"""How two versions of a dataset differ, row by row."""

from collections import Counter
from collections.abc import Iterable, Mapping

from tuneworthy.core.nouns.dataset import DatasetVersion, Fate, SplitName
from tuneworthy.core.nouns.lineage import DatasetDiff, RowMove

Members = Mapping[str, tuple[str, SplitName]]
"""For ``source:line`` the record's digest and its split."""


def compare(
    before: DatasetVersion,
    after: DatasetVersion,
    rows_before: Members,
    rows_after: Members,
    fates_after: Iterable[Fate],
) -> DatasetDiff:
    """What became of the rows of ``before`` in ``after``.

    Every row of either version is counted once: ``same + removed + changed + moved`` is the size of
    the first, ``same + added + changed + moved`` that of the second.
    """
    why = {f"{fate.source}:{fate.row}": fate.reason for fate in fates_after}
    rows = []
    same = 0
    for place in sorted(rows_before.keys() | rows_after.keys(), key=_by_line):
        move = _move(place, rows_before.get(place), rows_after.get(place), why.get(place, ""))
        if move is None:
            same += 1
        else:
            rows.append(move)
    often = Counter(move.what for move in rows)
    sources = before.source_digests, after.source_digests
    return DatasetDiff(
        before=before.id,
        after=after.id,
        same=same,
        added=often["added"],
        removed=often["removed"],
        changed=often["changed"],
        moved=often["moved"],
        rows=tuple(rows),
        sources_changed=tuple(
            sorted(
                name
                for name in sources[0].keys() | sources[1].keys()
                if sources[0].get(name) != sources[1].get(name)
            )
        ),
    )


def _by_line(place: str) -> tuple[str, int]:
    source, _, line = place.rpartition(":")
    return source, int(line)


def _move(
    place: str,
    before: tuple[str, SplitName] | None,
    after: tuple[str, SplitName] | None,
    reason: str,
) -> RowMove | None:
    if before == after:
        return None
    if before is None or after is None:
        return RowMove(
            place=place,
            what="added" if before is None else "removed",
            before=before[1] if before else "",
            after=after[1] if after else "",
            reason=reason if after is None else "",
        )
    what = "changed" if before[0] != after[0] else "moved"
    return RowMove(place=place, what=what, before=before[1], after=after[1])
