"""How two versions of a dataset differ, row by row."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from tuneworthy.core.nouns.dataset import DatasetVersion, Fate, SplitName
from tuneworthy.core.nouns.lineage import DatasetDiff, RowMove

Members = Mapping[str, tuple[str, SplitName]]
"""For ``source:line`` the record's digest and its split."""


Contents = Mapping[str, str]
"""For ``source:line`` a digest of all that a record says but its line; of some of the rows."""


def compare(
    before: DatasetVersion,
    after: DatasetVersion,
    rows_before: Members,
    rows_after: Members,
    fates_after: Iterable[Fate],
    contents: tuple[Contents, Contents] = ({}, {}),
) -> DatasetDiff:
    """What became of the rows of ``before`` in ``after``.

    A row is the same wherever in its source it now stands: rows are put together by place and
    record, else by what they say, else by the place that a row of that line should have, judged by
    how far the rows above it have gone.

    Every row of either version is counted once: ``same + removed + changed + moved`` is the size of
    the first, ``same + added + changed + moved`` that of the second.

    Args:
        before: The first version.
        after: The second.
        rows_before: Its rows.
        rows_after: Those of the second.
        fates_after: What the second left out.
        contents: Of each version the rows that the other has not at the same place, as
            ``unlike`` names them.
    """
    why = {f"{fate.source}:{fate.row}": fate.reason for fate in fates_after}
    alike = {p: p for p in rows_before if _id(rows_before, p) == _id(rows_after, p)}
    alike |= _by_content(*contents)
    shift = _Shift(alike)
    pairs, left = dict(alike), rows_after.keys() - set(alike.values())
    for place in sorted(rows_before.keys() - alike.keys(), key=_by_line):
        if (now := shift.place(place)) in left:
            left.discard(now)
            pairs[place] = now
    rows = [
        RowMove(place=place, what="removed", before=split, reason=why.get(shift.place(place), ""))
        for place, (_, split) in rows_before.items()
        if place not in pairs
    ]
    rows += [RowMove(place=place, what="added", after=rows_after[place][1]) for place in left]
    for place, now in pairs.items():
        splits = {"before": rows_before[place][1], "after": rows_after[now][1]}
        if place not in alike:
            rows.append(RowMove(place=now, what="changed", **splits))
        elif splits["before"] != splits["after"]:
            rows.append(RowMove(place=now, what="moved", **splits))
    rows.sort(key=lambda move: _by_line(move.place))
    same = len(pairs) - sum(move.what in {"changed", "moved"} for move in rows)
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


def unlike(rows: Members, others: Members) -> set[str]:
    """The places at which two versions do not hold the same record."""
    return {place for place in rows if _id(rows, place) != _id(others, place)}


def _id(rows: Members, place: str) -> str:
    return rows[place][0] if place in rows else ""


def _by_content(before: Contents, after: Contents) -> dict[str, str]:
    """Places of rows that say the same; of equal rows the first goes with the first."""
    waiting: dict[tuple[str, str], list[str]] = defaultdict(list)
    for place in sorted(after, key=_by_line, reverse=True):
        waiting[_by_line(place)[0], after[place]].append(place)
    found = {}
    for place in sorted(before, key=_by_line):
        if same := waiting.get((_by_line(place)[0], before[place])):
            found[place] = same.pop()
    return found


class _Shift:
    """How far the rows of a source have gone, from the rows that are known again."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._lines: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, now in pairs.items():
            source, line = _by_line(place)
            self._lines[source].append((line, _by_line(now)[1] - line))
        for lines in self._lines.values():
            lines.sort()

    def place(self, place: str) -> str:
        """Where a row should stand now: as far from the row above it as it was."""
        source, line = _by_line(place)
        known = self._lines.get(source, [])
        at = bisect_left(known, (line,))
        if not known:
            return place
        return f"{source}:{line + known[max(at - 1, 0)][1]}"
