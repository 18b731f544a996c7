"""Is the data of the kind, and of the amount, that the goal's way of tuning needs?"""

from collections.abc import Iterator, Mapping
from typing import Any

from tuneworthy.assess.approach import APPROACHES, HARD_FLOOR, Approach
from tuneworthy.assess.data_shape import SHORT
from tuneworthy.core.nouns.approach_check import (
    ApproachCheck,
    ApproachRow,
    DataShape,
    Requirement,
)
from tuneworthy.core.nouns.project import Goal, Project

NEARLY_ALL = 0.95
"""Share of rows that must be of a kind before the dataset is."""
ONE_SHAPE = 0.9
"""Share of targets of one shape from which the format is consistent."""
CHARACTERS_A_TOKEN = 4
"""A rule of thumb for English prose; code and other languages have fewer."""


def check_approach(
    project: Project,
    shape: DataShape | None,
    answers: Mapping[str, bool | None],
    estimate: Mapping[str, Any] | None,
) -> ApproachCheck:
    """The six-row table, each row checked against the data.

    Args:
        project: Says the goal and the room for an answer.
        shape: The kept rows; None while no dataset is built.
        answers: I1 to A5 as far as they are known, measured before declared.
        estimate: The result of a ``train.estimate`` claim about the dataset.
    """
    rows = {row.need: _row(project, row, shape, estimate) for row in APPROACHES}
    chosen = rows[project.goal]
    return ApproachCheck(
        goal=project.goal,
        chosen=chosen,
        others=tuple(row for need, row in rows.items() if need != project.goal),
        missing=tuple(
            f"{item.text}: {item.found}; needed: {item.needed}."
            for item in chosen.requirements
            if not item.held
        ),
        knowledge_branch="asked" if project.goal == "knowledge" else "not asked",
        notes=(*_branch(project.goal, shape, answers), *_notes(project, chosen, shape)),
    )


def _row(
    project: Project,
    row: Approach,
    shape: DataShape | None,
    estimate: Mapping[str, Any] | None,
) -> ApproachRow:
    if shape is None:
        found: tuple[Requirement, ...] = (
            Requirement(
                id="data",
                text="A dataset",
                needed=f"{row.minimum:,} {row.unit}",
                found="none is built; tuneworthy data build",
                held=None,
            ),
        )
    else:
        found = (
            _amount(row, shape),
            *_KINDS[row.need](shape),
            _room(project, shape),
            _compute(row, estimate),
        )
    held = [item.held for item in found]
    return ApproachRow(
        need=row.need,
        title=row.title,
        approach=row.approach,
        minimum=row.minimum,
        plenty=row.plenty,
        unit=row.unit,
        compute=row.compute,
        requirements=found,
        fits=False if False in held else (None if None in held else True),
    )


def _amount(row: Approach, shape: DataShape) -> Requirement:
    count = {
        "examples": shape.rows,
        "preference pairs": shape.pairs,
        "documents": shape.documents,
    }[row.unit]
    most = f" to {row.plenty:,}" if row.plenty is not None else " or more"
    short = row.minimum - count
    found = f"{count:,} after cleaning"
    if short > 0:
        found += f", {short:,} too few"
    if count < HARD_FLOOR:
        found += f"; below {HARD_FLOOR} tuning stops"
    return Requirement(
        id="amount",
        text=row.unit.capitalize(),
        needed=f"{row.minimum:,}{most}",
        found=found,
        held=short <= 0,
    )


def _share(id_: str, text: str, count: int, rows: int, least: float = NEARLY_ALL) -> Requirement:
    return Requirement(
        id=id_,
        text=text,
        needed=f"{least:.0%} of the rows or more",
        found=f"{count:,} of {rows:,}",
        held=rows > 0 and count >= least * rows,
    )


def _calls(shape: DataShape) -> Iterator[Requirement]:
    yield _share("tools", "Rows that declare their functions", shape.with_tools, shape.rows)
    yield _share("calls", "Targets that are calls with arguments", shape.calls, shape.rows)


def _one_form(shape: DataShape) -> Iterator[Requirement]:
    yield Requirement(
        id="one_form",
        text="Targets of one form",
        needed=f"{ONE_SHAPE:.0%} of one form",
        found=f"{shape.shape_share:.1%} are {shape.commonest_shape} (n={shape.rows:,})",
        held=shape.rows > 0 and shape.shape_share >= ONE_SHAPE,
    )


def _prose(shape: DataShape) -> Iterator[Requirement]:
    text = "Targets in words: a voice is not heard in labels or JSON"
    prose = shape.rows - shape.short_targets
    if shape.commonest_shape != "text":
        prose = min(prose, round(shape.rows * (1 - shape.shape_share)))
    yield _share("prose", f"{text} ({SHORT} characters or more)", prose, shape.rows)


def _varied(shape: DataShape) -> Iterator[Requirement]:
    yield Requirement(
        id="varied",
        text="Distinct targets: facts, not a few labels",
        needed="one for every two rows or more",
        found=f"{shape.distinct_targets:,} of {shape.rows:,}",
        held=shape.rows > 0 and 2 * shape.distinct_targets >= shape.rows,
    )


def _pairs(shape: DataShape) -> Iterator[Requirement]:
    yield _share("pairs", "Rows with a chosen and a rejected answer", shape.pairs, shape.rows)


def _documents(shape: DataShape) -> Iterator[Requirement]:
    yield _share("documents", "Rows that are plain documents", shape.documents, shape.rows)


_KINDS = {
    "knowledge": _varied,
    "persona": _prose,
    "format": _one_form,
    "tool_calling": _calls,
    "safety": _pairs,
    "expertise": _documents,
}


def _room(project: Project, shape: DataShape) -> Requirement:
    room = project.max_new_tokens * CHARACTERS_A_TOKEN
    return Requirement(
        id="room",
        text="Room for the answers",
        needed=f"95 of 100 targets within max_new_tokens {project.max_new_tokens:,}, about "
        f"{room:,} characters",
        found=f"median {shape.target_median:,.0f}, 95th percentile {shape.target_p95:,.0f} "
        "characters",
        held=shape.target_p95 <= room,
    )


def _compute(row: Approach, estimate: Mapping[str, Any] | None) -> Requirement:
    if estimate is None:
        found, held = "not estimated; tuneworthy train plan", None
    else:
        found = (
            f"estimated {estimate['cpu_seconds']:,.0f} CPU s and "
            f"{estimate['peak_memory_mb']:,.0f} MB on this machine"
        )
        held = True
    return Requirement(id="compute", text="Computing", needed=row.compute, found=found, held=held)


def _branch(
    goal: Goal, shape: DataShape | None, answers: Mapping[str, bool | None]
) -> Iterator[str]:
    """The template's branch on knowledge, asked only where the goal is knowledge (K24)."""
    missing, changing = answers.get("I2"), answers.get("A1")
    if goal != "knowledge":
        yield "Whether domain knowledge is missing decides nothing here: the goal is not knowledge."
        if missing:
            yield (
                "Domain knowledge is missing too (I2): facts that change go to retrieval, stable "
                "ones need a knowledge goal of their own with 1,000 examples or more."
            )
    elif missing is False:
        yield "Domain knowledge is not missing (I2: no), so tuning for knowledge may not help."
    elif missing is None:
        yield "Nobody has said whether domain knowledge is missing (I2)."
    elif shape is not None and shape.rows < HARD_FLOOR:
        yield f"Domain knowledge is missing, but {shape.rows} examples are below {HARD_FLOOR}."
    if changing and (goal == "knowledge" or missing):
        yield (
            "Requirements change monthly (A1): put facts that change into retrieval and tune "
            "behaviour only."
        )


def _notes(project: Project, chosen: ApproachRow, shape: DataShape | None) -> Iterator[str]:
    if shape is None or not shape.rows:
        return
    if chosen.plenty is not None and chosen.unit == "examples" and shape.rows > chosen.plenty:
        yield f"{shape.rows:,} examples are more than {chosen.plenty:,}; more seldom help further."
    if project.goal != "tool_calling" and shape.calls >= NEARLY_ALL * shape.rows:
        yield (
            f"{shape.calls:,} of {shape.rows:,} targets are calls: function-calling fine-tuning "
            "(goal: tool_calling) is the row for them."
        )
    if project.goal == "knowledge" and 2 * shape.distinct_targets < shape.rows:
        yield (
            f"{shape.distinct_targets:,} distinct targets in {shape.rows:,} rows look like labels: "
            "instruction fine-tuning (goal: format) is the row for them."
        )
