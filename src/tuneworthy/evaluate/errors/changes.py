"""What a candidate newly breaks and newly fixes."""

from collections.abc import Mapping

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.failures import ChangeName, RunChanges
from tuneworthy.evaluate.errors.answered import Answered, AnsweredRun, shown

SHOWN_CASES = 50
NAMES: tuple[ChangeName, ...] = ("broken", "fixed", "lower", "higher", "same")


def change_of(base: float, candidate: float, pass_at: float) -> ChangeName:
    """What became of one case; scores in 0..1."""
    before, after = base >= pass_at, candidate >= pass_at
    if before != after:
        return "fixed" if after else "broken"
    if candidate == base:
        return "same"
    return "lower" if candidate < base else "higher"


def sorted_out(
    base: AnsweredRun, candidate: AnsweredRun, pass_at: float
) -> dict[ChangeName, list[str]]:
    """The ids of every case by what became of it, in the candidate's order.

    Raises:
        DataProblem: The two are not over the same cases.
    """
    same_cases(base, candidate)
    found: dict[ChangeName, list[str]] = {name: [] for name in NAMES}
    for row in candidate.rows:
        before = base.by_id[row.case.id]
        found[change_of(before.score, row.score, pass_at)].append(row.case.id)
    return found


def same_cases(base: AnsweredRun, candidate: AnsweredRun) -> None:
    """Refuse two runs over other cases. Raises DataProblem."""
    lost = [name for name in base.by_id if name not in candidate.by_id]
    new = [name for name in candidate.by_id if name not in base.by_id]
    if lost or new:
        lines = [
            f"{len(names):,} only in {run.name}: {', '.join(names[:5])}"
            for names, run in ((lost, base), (new, candidate))
            if names
        ]
        raise DataProblem(
            "other_cases",
            f"{base.name} and {candidate.name} are not over the same cases.",
            why="\n".join(lines),
            fix="Run both on the same cases.",
        )


def changes(base: AnsweredRun, candidate: AnsweredRun, pass_at: float) -> RunChanges:
    """The counts, and the cases that changed sides."""
    found = sorted_out(base, candidate, pass_at)

    def cases(name: ChangeName) -> list[Answered]:
        rows = [candidate.by_id[case] for case in found[name]]
        return sorted(rows, key=lambda row: -_moved(row, base.by_id))[:SHOWN_CASES]

    return RunChanges(
        against=base.name,
        n=len(candidate.rows),
        **{name: len(found[name]) for name in NAMES},
        broken_cases=tuple(shown(row, base.by_id[row.case.id]) for row in cases("broken")),
        fixed_cases=tuple(
            shown(row, base.by_id[row.case.id], fails=False) for row in cases("fixed")
        ),
        broken_ids=tuple(found["broken"]),
        fixed_ids=tuple(found["fixed"]),
    )


def _moved(row: Answered, base: Mapping[str, Answered]) -> float:
    return abs(row.score - base[row.case.id].score)
