"""Brings the cases of two arms together, and leaves none out without saying so."""

from dataclasses import dataclass

from tuneworthy.core.errors import DataProblem
from tuneworthy.evaluate.result_rows import ResultRow, Results

_SHOWN = 5


@dataclass(frozen=True)
class Paired:
    """Numbers of the same cases in the same order, in the field's own unit.

    Attributes:
        ids: The cases.
        base: The base's numbers.
        candidate: The candidate's.
        groups: The group of each case; None where no case has one.
        segments: The segment of each case, empty where it has none.
        only_base: Cases that were left out because the candidate has them not.
        only_candidate: The other way round.
    """

    ids: tuple[str, ...]
    base: tuple[float, ...]
    candidate: tuple[float, ...]
    groups: tuple[str, ...] | None
    segments: tuple[str, ...]
    only_base: int = 0
    only_candidate: int = 0


def pair(base: Results, candidate: Results, metric: str, *, common: bool = False) -> Paired:
    """The cases that both have, by id: in whatever order the lines stood, the same comes out.

    Args:
        base: One arm.
        candidate: The other.
        metric: The field that is compared.
        common: Whether cases that only one has may be left out.

    Raises:
        DataProblem: The arms have other cases, or call a case's segment or group differently, or a
            number is missing.
    """
    lost = [name for name in base.rows if name not in candidate.rows]
    new = [name for name in candidate.rows if name not in base.rows]
    ids = tuple(sorted(name for name in base.rows if name in candidate.rows))
    if not ids or ((lost or new) and not common):
        raise _other_cases(base, candidate, lost, new, len(ids))
    theirs, ours = base.column(metric), candidate.column(metric)
    segments = tuple(_agreed(base.rows[name], candidate.rows[name], "segment") for name in ids)
    groups = tuple(_agreed(base.rows[name], candidate.rows[name], "group") for name in ids)
    # A case without a group is a group of its own; the mark keeps it apart from any named one.
    named = tuple(group or f"\0{name}" for group, name in zip(groups, ids, strict=True))
    return Paired(
        ids=ids,
        base=tuple(theirs[name] for name in ids),
        candidate=tuple(ours[name] for name in ids),
        groups=named if any(groups) else None,
        segments=segments,
        only_base=len(lost),
        only_candidate=len(new),
    )


def _agreed(one: ResultRow, other: ResultRow, field: str) -> str:
    here, there = getattr(one, field), getattr(other, field)
    if here and there and here != there:
        raise DataProblem(
            f"{field}s_differ",
            f"Case '{one.id}' is in {field} '{here}' at {one.place}, and in '{there}' at "
            f"{other.place}.",
            why="The same case must be the same in both files.",
            fix="Write both files from the same suite.",
        )
    return str(here or there)


def _other_cases(
    base: Results, candidate: Results, lost: list[str], new: list[str], shared: int
) -> DataProblem:
    lines = [
        f"{len(names):,} only in {where}: {', '.join(names[:_SHOWN])}"
        + (", ..." if len(names) > _SHOWN else "")
        for names, where in ((lost, base.name), (new, candidate.name))
        if names
    ]
    return DataProblem(
        "other_cases",
        f"{base.name} and {candidate.name} are not over the same cases: they share {shared:,}.",
        why="\n".join(lines),
        fix="Run both on the same cases, or leave the others out with --common."
        if shared
        else "Run both on the same cases.",
    )
