"""The deployment and monitoring plan: stages, criteria, the way back, who watches, who decides."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables import deciding, watching
from tuneworthy.assess.deliverables.dataset import named
from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import (
    NOT_KNOWN,
    blank,
    code,
    count,
    known,
    number,
    share,
    short,
    table,
    word,
    words,
)
from tuneworthy.core.nouns.deliverable import Cell, Item, Section, Tone
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.serving import Rollout

CANARY = "tuneworthy serve canary"
DRILL = "tuneworthy serve drill"

_DRILL_DAYS = 90
_STATES: dict[str, Tone] = {"promoted": "ok", "rolled_back": "bad", "held": "warn", "running": ""}
_OUTCOMES = {
    "form": "an answer in the metric's form",
    "feedback": "an answer that was rated 0.5 or better",
}


def sections(facts: Facts) -> tuple[Section, ...]:
    """All that the document says, in order."""
    return (
        Section(
            id="stages",
            title="Stages and criteria",
            intro="More traffic needs the four gates open. Less traffic needs one person.",
            items=tuple(_stages(facts)),
        ),
        Section(id="rollback", title="The way back", items=tuple(_rollback(facts))),
        Section(id="rollouts", title="Rollouts so far", items=(_rollouts(facts),)),
        Section(
            id="monitors",
            title="Monitors and their schedule",
            items=tuple(watching.monitors(facts)),
        ),
        Section(
            id="triggers",
            title="What may lead to a retraining",
            intro="A trigger or a schedule opens a proposal and nothing else. A person decides, "
            "and a new version goes through all four gates.",
            items=tuple(watching.triggers(facts)),
        ),
        Section(id="gates", title="Gates and who decides", items=tuple(deciding.gates(facts))),
        Section(id="people", title="People", items=tuple(deciding.people(facts))),
        Section(
            id="incidents",
            title="When something goes wrong",
            items=tuple(deciding.incidents(facts)),
        ),
        Section(
            id="rhythm",
            title="What is looked at how often",
            items=tuple(deciding.rhythm(facts)),
        ),
    )


def _stages(facts: Facts) -> Iterator[Item]:
    plan = facts.project.rollout
    refs = facts.ref(facts.newest("rollout.plan", facts.project.id))
    rows = [
        (count(place), number(percent, "%"), count(plan.requests_per_stage))
        for place, percent in enumerate(plan.stages, 1)
    ]
    columns = ("Stage", "Share of the traffic", "Requests needed")
    yield table("stages", "Stages", columns, rows, source="settings", evidence=refs)
    for id_, label, cell in (
        ("outcome", "What a success is", word(_OUTCOMES[plan.outcome])),
        ("margin", "Loss of success that still counts as no worse", share(plan.margin)),
        ("alpha", "Chance of a wrong alarm or a wrong promotion", share(plan.alpha)),
    ):
        yield known(id_, label, cell, source="settings", evidence=refs)


def _rollback(facts: Facts) -> Iterator[Item]:
    yield named(facts, "decides", "Decides on a rollback", Role.MODEL_OWNER)
    yield named(facts, "executes", "Carries it out", Role.TECHNICAL_OWNER)
    route = facts.route
    if route is None:
        missing = "Nothing is served, so there is nothing to go back to."
        owner = facts.owner(Role.TECHNICAL_OWNER)
        yield blank("target", "Goes back to", missing, owner, "tuneworthy serve start")
    else:
        versions = facts.served
        # A canary goes back to production; production goes back to what was there before.
        back = route.production if route.canary or not route.previous else route.previous
        served = f"In production: {versions.get(route.production, NOT_KNOWN)}."
        yield known(
            "target",
            "Goes back to",
            short(back),
            lines=(f"Version {versions.get(back, NOT_KNOWN)}.", served),
        )
    yield known(
        "how",
        "By",
        code("tuneworthy serve rollback --reason WHY"),
        lines=("Either of the two alone may do it.",),
        source="rules",
    )
    yield _drill(facts)


def _drill(facts: Facts) -> Item:
    found = facts.newest("rollout.rollback_drill")
    if found is None:
        missing = "No rollback has been rehearsed."
        return blank("drill", "Drill", missing, facts.owner(Role.MODEL_OWNER), DRILL)
    restored = found.result.get("restored") is True
    days = facts.age_days(found.created_at)
    late = days is not None and days > _DRILL_DAYS
    lines = [f"Cause: {found.result.get('cause') or NOT_KNOWN}", f"Rehearsed {found.created_at}."]
    if late:
        lines.append(f"It is older than {_DRILL_DAYS} days and counts no more.")
    cell = Cell(
        value=restored,
        text="the version before was restored" if restored else "nothing was restored",
        tone="ok" if restored and not late else "bad",
    )
    return known("drill", "Drill", cell, lines=tuple(lines), evidence=facts.ref(found))


def _rollouts(facts: Facts) -> Item:
    found = facts.report.rollouts
    if not found:
        missing = "No version has taken traffic."
        return blank("rollouts", "Rollouts", missing, facts.owner(Role.MODEL_OWNER), CANARY)
    columns = ("Rollout", "Candidate", "Begun", "Kind", "State", "Requests", "Cause")
    lines = (
        ("Rollouts on an accelerated clock are marked so.",)
        if any(r.accelerated for r in found)
        else ()
    )
    rows = [_rollout(facts, r) for r in found]
    return table("rollouts", "Rollouts", columns, rows, lines=lines)


def _rollout(facts: Facts, rollout: Rollout) -> tuple[Cell, ...]:
    kind = "drill" if rollout.drill else "real"
    seen = sum(stage.canary_requests for stage in rollout.results)
    return (
        code(rollout.id),
        Cell(
            value=rollout.candidate,
            text=facts.served.get(rollout.candidate, rollout.candidate[:19]),
        ),
        word(rollout.created_at),
        word(f"{kind}, accelerated clock" if rollout.accelerated else kind),
        word(words(rollout.state), _STATES[rollout.state]),
        count(seen),
        Cell(value=rollout.cause or None, text=rollout.cause or "none"),
    )
