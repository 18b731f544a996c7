"""The training plan: what would be trained, what it takes and costs, what speaks against it."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts, figure
from tuneworthy.assess.deliverables.money_items import money_items
from tuneworthy.assess.deliverables.parts import (
    any_value,
    blank,
    code,
    count,
    fixed,
    known,
    number,
    share,
    table,
    word,
    yes_no,
)
from tuneworthy.assess.deliverables.risks import risks
from tuneworthy.assess.modifier import GENERAL_PURPOSE_FLOP, PARTS, check_modifier
from tuneworthy.core.nouns.deliverable import Cell, Item, Section, Tone
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.run import Cost

PLAN = "tuneworthy train plan"
START = "tuneworthy train start"

_COST_FIELDS = (
    ("cpu_seconds", "CPU time", "s"),
    ("wall_seconds", "Time on the clock", "s"),
    ("peak_memory_mb", "Peak memory", "MB"),
    ("tokens", "Tokens", ""),
    ("flop", "Work", "FLOP"),
    ("steps", "Steps", ""),
)


def sections(facts: Facts) -> tuple[Section, ...]:
    """All that the document says, in order."""
    return (
        Section(id="approach", title="The approach and why", items=tuple(_approach(facts))),
        Section(id="base", title="The base model", items=tuple(_base(facts))),
        Section(
            id="settings",
            title="Settings",
            intro="Under their Hugging Face names, from tuneworthy.yaml.",
            items=(_settings(facts),),
        ),
        Section(id="data", title="Data", items=tuple(_data(facts))),
        Section(
            id="estimate",
            title="Time, memory and work",
            intro="Times are of the machine that measured them and mean nothing elsewhere.",
            items=tuple(_estimate(facts)),
        ),
        Section(
            id="modifier",
            title="Does tuning make a new model's provider of us?",
            intro="By the indicative bound of the European Commission's guidelines of July 2025: "
            "a third of the compute that the base model took. Arithmetic, not legal advice.",
            items=tuple(_modifier(facts)),
        ),
        Section(id="money", title="Money", items=tuple(money_items(facts))),
        Section(id="curve", title="Would more data help?", items=(_curve(facts),)),
        Section(
            id="risks",
            title="Risks that the record shows",
            items=risks(facts),
        ),
    )


def _approach(facts: Facts) -> Iterator[Item]:
    chosen = facts.approach.chosen
    decision = facts.report.evidenced
    yield known("goal", "Goal", word(facts.project.goal), source="settings")
    yield known(
        "approach",
        "Way of tuning",
        word(chosen.approach),
        lines=(f"The row '{chosen.title}' of the table of needs answers this goal.",),
        source="rules",
    )
    if decision is None or not facts.runs:
        missing = "No way of answering has been run, so no verdict rests on a measurement."
        command = "tuneworthy eval run"
        yield blank("verdict", "Verdict", missing, facts.owner(Role.REVIEW_LEAD), command)
    else:
        tone: Tone = "ok" if decision.verdict.allows_tuning else "bad"
        yield known(
            "verdict",
            "Verdict, as evidenced",
            word(decision.verdict.value, tone),
            lines=decision.reasons,
            evidence=facts.ref(facts.of_suite("decision.verdict")),
        )
    for number_, text in enumerate((*facts.approach.missing, *facts.approach.notes), 1):
        yield known(f"approach-{number_}", "To know", word(text), source="rules")


def _base(facts: Facts) -> Iterator[Item]:
    yield known("base", "Base model", code(facts.report.base_model), source="settings")
    technical = facts.owner(Role.TECHNICAL_OWNER)
    manifest = facts.training.manifest if facts.training else None
    asked = [n.run.model for n in facts.runs if n.run.model and _is_base(facts, n.run.model_name)]
    weights = manifest.base if manifest else asked[0] if asked else ""
    for id_, label, digest in (
        ("weights", "Weights", weights),
        ("tokenizer", "Tokenizer", manifest.tokenizer if manifest else ""),
        ("template", "Chat template", manifest.template if manifest else ""),
        ("prompt", "Prompt that it is trained to answer", manifest.prompt if manifest else ""),
        ("run", "Training run", facts.training.id if facts.training else ""),
    ):
        if digest:
            yield known(id_, label, code(digest))
            continue
        command = "tuneworthy eval run" if id_ == "weights" else START
        missing = "No run has put its digest on record."
        yield blank(id_, label, missing, technical, command)


def _is_base(facts: Facts, name: str) -> bool:
    return name in ("", facts.project.base.title)


def _settings(facts: Facts) -> Item:
    settings = facts.project.training
    rows = [(code(name), any_value(value)) for name, value in settings.model_dump().items()]
    changed = facts.training is not None and facts.training.manifest.settings != settings
    lines = ("The last run was made with other settings than these.",) if changed else ()
    columns = ("Setting", "Value")
    return table("settings", "Settings", columns, rows, source="settings", lines=lines)


def _data(facts: Facts) -> Iterator[Item]:
    data = facts.report.dataset
    if data is None:
        missing = "No dataset version has been built."
        owner = facts.owner(Role.DATA_STEWARD)
        yield blank("dataset", "Dataset", missing, owner, "tuneworthy data build")
        return
    refs = facts.ref(facts.of_dataset("data.version"))
    yield known("dataset", "Dataset", code(data.id), evidence=refs)
    for name, size in data.split.sizes.items():
        yield known(f"rows-{name}", f"Rows of {name}", count(size), evidence=refs)


def _estimate(facts: Facts) -> Iterator[Item]:
    found = facts.of_dataset("train.estimate")
    run = facts.training
    planned = {**(run.estimate.model_dump() if run else {}), **(found.result if found else {})}
    if not planned:
        missing = "No dry run has been made over this dataset."
        yield blank("estimate", "Estimate", missing, facts.owner(Role.TECHNICAL_OWNER), PLAN)
    else:
        rows = [
            (word(label), *_planned_and_actual(planned.get(field), run, field, unit))
            for field, label, unit in _COST_FIELDS
            if field in planned or run
        ]
        columns = ("What", "Estimate", "Last run took")
        yield table("estimate", "Estimate and actual", columns, rows, evidence=facts.ref(found))
    yield _gpu(facts)
    if run is None:
        missing = "Nothing has been trained on this dataset."
        yield blank("actual", "Actual", missing, facts.owner(Role.TECHNICAL_OWNER), START)


def _planned_and_actual(planned: object, run: object, field: str, unit: str) -> tuple[Cell, Cell]:
    actual: Cost | None = getattr(run, "actual", None)
    before = figure({"value": planned}, "value")
    after = getattr(actual, field) if actual else None
    return _figure(before, unit), _figure(after, unit)


def _figure(value: float | None, unit: str) -> Cell:
    if unit == "FLOP":
        return number(value, unit, digits=3)
    return fixed(value, unit, 0 if unit in ("", "MB") else 1)


def _gpu(facts: Facts) -> Item:
    """GPU hours only where somebody said what the GPU sustains: nothing here can measure it."""
    lines = facts.money.lines if facts.money else ()
    rows = [row for row in lines if " GPU h " in row.working and row.measured]
    if not rows:
        return blank(
            "gpu",
            "Time on a GPU",
            "The work in FLOP is counted, not what a GPU sustains. Give 'gpu_rate' and "
            "'gpu_teraflops' in a row of 'kind: training' in answers.yaml.",
            facts.owner(Role.TECHNICAL_OWNER),
            "tuneworthy assess money",
            source="answers",
        )
    cells = [(word(row.name), word(row.working)) for row in rows]
    return table("gpu", "Time on a GPU", ("Row", "Working"), cells, source="answers")


def _modifier(facts: Facts) -> Iterator[Item]:
    run, found = facts.training, facts.of_dataset("train.estimate")
    counted = run.actual.flop if run else figure(found.result, "flop") if found else None
    technical = facts.owner(Role.TECHNICAL_OWNER)
    if counted is None or counted <= 0:
        missing = "The work of the training has not been counted."
        yield blank("work", "Work of the training", missing, technical, PLAN)
        yield blank("bound", "Against the bound", missing, technical, PLAN)
    else:
        check = check_modifier(counted)
        behind = facts.of_dataset("train.run") if run else found
        refs = facts.ref(behind)
        said = "counted for the last run" if run else "estimated"
        yield known("work", f"Work, {said}", number(counted, "FLOP", 3), evidence=refs)
        tone: Tone = "ok" if check.below else "bad"
        yield known(
            "bound",
            "Below the bound",
            yes_no(check.below, good=True).model_copy(update={"tone": tone}),
            lines=(
                f"Bound: {GENERAL_PURPOSE_FLOP:.0e} / {PARTS} = {check.bound:.3g} FLOP, "
                f"{check.times_below:,.3g} times the work.",
                "The fallback, because the base model's own training compute is not on record. "
                "For a small base a third of its own may be far less.",
            ),
            evidence=refs,
        )
    yield blank(
        "base-compute",
        "Training compute of the base model",
        "Not on record. Its maker states it, or 6 x parameters x tokens estimates it.",
        technical,
        "tuneworthy people attest base_model_compute FILE --by PERSON",
    )


def _curve(facts: Facts) -> Item:
    found = facts.of_dataset("eval.learning_curve")
    points_ = found.result.get("points") if found else None
    if found is None or not isinstance(points_, list | tuple) or not points_:
        missing = "No learning curve has been measured with this data and these settings."
        command = "tuneworthy assess curve"
        return blank("curve", "Learning curve", missing, facts.owner(Role.TECHNICAL_OWNER), command)
    rows = [
        (
            number(figure(point, "percent"), "%"),
            number(figure(point, "rows"), digits=9),
            share(figure(point["score"], "value")),
            word(f"{point['score']['low'] * 100:.1f} to {point['score']['high'] * 100:.1f} %"),
            number(figure(point["score"], "n"), digits=9),
        )
        for point in points_
    ]
    return table(
        "curve",
        "Learning curve",
        ("Share of the rows", "Rows", "Right", "95 % interval", "n"),
        rows,
        lines=(str(found.result.get("text", "")), str(found.result.get("rule", ""))),
        evidence=facts.ref(found),
    )
