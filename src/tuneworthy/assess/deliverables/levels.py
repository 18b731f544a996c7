"""Six levels with the evidence behind each condition, and the gaps in the order of the gates."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import (
    code,
    count,
    known,
    known_by,
    number,
    short,
    table,
    word,
)
from tuneworthy.assess.plan import ACCOUNTABLE
from tuneworthy.core.nouns.deliverable import Blank, Cell, Item, Row, Section, Tone
from tuneworthy.core.nouns.scorecard import DimensionScore, Gap, PredicateResult

NO_COMMAND = "no command produces this evidence yet"


def levels(facts: Facts) -> Section:
    """The level of each area; one below its target carries the blank that holds it down."""
    card = facts.report.scorecard
    allowed = card.readiness
    items = [_level(facts, dimension) for dimension in card.dimensions]
    lines = (
        f"Training is {'allowed' if allowed.train else 'not allowed'}, "
        f"release is {'allowed' if allowed.release else 'not allowed'}, "
        f"wider use is {'allowed' if allowed.scale else 'not allowed'} by the levels.",
        *(f"Stopped by {id_}, whatever the levels are." for id_ in allowed.stopped_by),
    )
    mean = number(card.mean, digits=3)
    items.append(known("mean", "Mean level", mean, lines=(f"Band: {card.band}.",), source="rules"))
    items.append(known("minimum", "Lowest level", count(card.minimum), lines=lines, source="rules"))
    return Section(
        id="levels",
        title="How ready is the project?",
        intro="Levels 1 to 5. Level 1 means that nothing above it is proved. The mean gives the "
        "band, the lowest level decides.",
        items=tuple(items),
    )


def _level(facts: Facts, dimension: DimensionScore) -> Item:
    reached = dimension.evidenced >= dimension.target
    tone: Tone = "ok" if reached else "bad"
    behind = [p for p in dimension.predicates if p.held and p.level <= dimension.evidenced]
    refs = {ref.id: ref for p in behind for ref in facts.ref_of(p.evidence)}
    said = f"{dimension.evidenced} of 5, target {dimension.target}"
    item = known(
        dimension.id,
        f"{dimension.id} {dimension.name}",
        Cell(value=dimension.evidenced, text=said, tone=tone),
        lines=(f"As declared: level {dimension.declared}.",),
        evidence=tuple(refs.values()),
    )
    open_ = [p for p in dimension.predicates if not p.held and p.level <= dimension.target]
    if reached or not open_:
        return item
    first = min(open_, key=lambda p: p.level)
    owes = Blank(
        missing=f"For level {first.level}: {first.text} Now: {first.why or 'nothing was found'}."
        f" Missing up to the target: {len(open_)}.",
        owner=facts.owner(ACCOUNTABLE[dimension.id]),
        command=first.command,
    )
    return item.model_copy(update={"blank": owes})


def predicates(facts: Facts) -> Section:
    """Every condition of every level: held or not, by what, of which grade, how old."""
    items = [
        table(
            f"predicates-{d.id}",
            f"{d.id} {d.name}",
            ("Level", "Condition", "Holds", "By what", "Ends with, or why not"),
            [_predicate(facts, p) for p in sorted(d.predicates, key=lambda p: p.level)],
            first=sum(p.level <= max(d.target, d.evidenced + 1) for p in d.predicates),
        )
        for d in facts.report.scorecard.dimensions
    ]
    card = facts.report.scorecard
    name = card.rubric_name or "the product's own"
    items.append(
        known(
            "rubric",
            "Rubric",
            code(card.rubric),
            lines=(f"{name}, version {card.rubric_version}.",),
            source="rules",
        )
    )
    return Section(
        id="predicates",
        title="The evidence behind each level",
        intro="A declared claim supports level 2, a signed document level 3, our own measurement "
        "all.",
        items=tuple(items),
    )


def _predicate(facts: Facts, result: PredicateResult) -> Row:
    ends = result.stale_when if result.held else result.why
    refs = facts.ref_of(result.evidence)
    by = "nothing"
    if result.held:
        by = "typed answers" if result.grade == "declared" else "the gate's approvals"
    return Row(
        cells=(
            count(result.level),
            word(f"{result.text} [{result.id}]"),
            word("yes", "ok") if result.held else word("no", "bad"),
            Cell(value=result.evidence or None, text=known_by(refs) if refs else by),
            Cell(value=ends or None, text=ends or "nothing"),
        ),
        evidence=refs,
    )


def gaps(facts: Facts) -> Section:
    """What keeps the gates shut, with the cheapest next command."""
    found = facts.report.scorecard.gaps
    if not found:
        said = known("gaps", "Gaps", word("Every area is on target.", "ok"))
        return Section(id="gaps", title="Gaps", items=(said,))
    rows = [
        (
            count(place),
            word(f"{g.dimension} {g.name}"),
            word(f"{g.level} of {g.target}"),
            word(g.missing),
            Cell(value=g.why or None, text=g.why or "nothing was found"),
            word(f"{g.opens} gate" if g.opens else f"level {g.target}"),
            Cell(
                value=facts.owner(ACCOUNTABLE[g.dimension]),
                text=facts.owner(ACCOUNTABLE[g.dimension]),
            ),
            _way(g),
        )
        for place, g in enumerate(found, 1)
    ]
    columns = ("No.", "Area", "Level", "Missing", "Now", "Keeps shut", "Who", "Command")
    return Section(
        id="gaps",
        title="Gaps, what opens the next gate soonest first",
        items=(table("gaps", "Gaps", columns, rows),),
    )


def _way(gap: Gap) -> Cell:
    """The command, or what stands in its way."""
    if not gap.command or not gap.reachable:
        return Cell(value=None, text=gap.first or NO_COMMAND)
    if gap.first:
        return Cell(value=gap.command, text=f"{gap.first}, then: {gap.command}")
    return code(gap.command)


def uncounted(facts: Facts) -> Iterator[Section]:
    """Evidence that is shown and not counted; no section while there is none."""
    found = facts.report.scorecard.uncounted
    if found:
        rows = [(word(u.about), short(u.evidence), word(u.why), word(u.doubt)) for u in found]
        columns = ("About", "Evidence", "Why it is not counted", "In doubt")
        yield Section(
            id="uncounted",
            title="Evidence that is not counted",
            items=(table("uncounted", "Not counted", columns, rows),),
        )
