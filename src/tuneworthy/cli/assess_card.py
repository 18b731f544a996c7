"""How the scorecard is shown: short, and with every predicate, its evidence and its age."""

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.core.nouns.enterprise import EnterpriseAnswer
from tuneworthy.core.nouns.scorecard import DimensionScore, PredicateResult, Scorecard

NO_COMMAND = "no command produces this evidence yet"


@click.command(name="scorecard")
@click.pass_context
def scorecard(ctx: click.Context) -> None:
    """Every condition of every level: held or not, by what, how old, and what ends it."""
    card = open_workspace(ctx).scorecard()
    say(ctx, card, [*card_lines(card), "", *predicate_lines(card), "", *question_lines(card)])


def card_lines(card: Scorecard) -> list[str]:
    """Levels, what forbids release, the gaps with their next command."""
    lines = [f"Readiness {card.mean:.1f} of 5 ({card.band}), weakest level {card.minimum}."]
    if card.rubric_name:
        lines.append(own_rubric(card))
    lines.append(_allowed(card))
    lines += _stop_lines(card)
    lines += table(
        ["Area", "Declared", "Evidenced", "Target"],
        [[d.name, str(d.declared), str(d.evidenced), str(d.target)] for d in card.dimensions],
    )
    for number, gap in enumerate(card.gaps, 1):
        more = f" ({gap.missing_count - 1} more missing)" if gap.missing_count > 1 else ""
        lines.append(f"  {number}. {gap.name}: {gap.missing}{more}")
        if gap.why:
            lines.append(f"     Now: {gap.why}.")
        if gap.first:
            lines.append(f"     {gap.first[:1].upper()}{gap.first[1:]}.")
        if gap.reachable:
            opens = f"   (opens the {gap.opens} gate)" if gap.opens else ""
            then = "Then: " if gap.first and gap.command else ""
            lines.append(f"     {then}{gap.command or NO_COMMAND}{opens}")
    return lines + _uncounted_lines(card)


def _allowed(card: Scorecard) -> str:
    """What the levels allow; the gates decide all the same."""
    words = {True: "yes", False: "no"}
    ready = card.readiness
    said = ", ".join(
        f"{name} {words[may]}"
        for name, may in (
            ("train", ready.train),
            ("release", ready.release),
            ("scale", ready.scale),
        )
    )
    return f"The levels allow: {said}."


def own_rubric(card: Scorecard) -> str:
    """Says by which rules a level was given, where they are not the shipped ones."""
    return (
        f"Rubric: {card.rubric_name}, version {card.rubric_version}, {card.rubric[:19]}: "
        "not the product's own."
    )


def _stop_lines(card: Scorecard) -> list[str]:
    """The stop questions: prominent when one is a no, else one line."""
    stops = [answer for answer in card.enterprise if answer.id.startswith("U")]
    if not stops:
        return []
    lines = ["Stop questions: " + ", ".join(f"{a.id} {a.answer}" for a in stops) + "."]
    against = [answer for answer in stops if answer.stops]
    if against:
        lines.insert(0, "NOT READY: the record answers a stop question with no.")
        lines += [f"  {a.id} {a.text} No: {a.why}." for a in against]
    return lines


def _uncounted_lines(card: Scorecard) -> list[str]:
    return [
        f"  not counted: {found.about} ({found.evidence[:19]}): {found.why}."
        for found in card.uncounted
    ]


def predicate_lines(card: Scorecard) -> list[str]:
    """Each dimension with each of its conditions."""
    lines = []
    for dimension in card.dimensions:
        lines.append(f"{dimension.id} {dimension.name}: level {dimension.evidenced}")
        for result in dimension.predicates:
            lines += _predicate(result)
    name = card.rubric_name or "the product's own"
    return [*lines, f"Rubric: {name}, version {card.rubric_version}, {card.rubric[:19]}"]


def _predicate(result: PredicateResult) -> list[str]:
    mark = "+" if result.held else "-"
    lines = [f"  {mark} {result.level}  {result.text} [{result.id}]"]
    if not result.held:
        lines.append(f"        {result.why}" + _measured(result))
        lines.append(f"        {way_to(result)}")
        return lines
    lines.append(f"        {result.evidence[:19] or 'no evidence'}{_measured(result)}")
    if result.stale_when:
        lines.append(f"        ends with {result.stale_when}")
    return lines


def way_to(result: PredicateResult) -> str:
    """What to do about a condition that does not hold; in brackets where that is nothing yet."""
    if not result.command:
        return f"({NO_COMMAND})"
    if not result.reachable:
        return f"({result.first})"
    return f"{result.first}, then: {result.command}" if result.first else result.command


def _measured(result: PredicateResult) -> str:
    """Grade, age and the days left, where they are known."""
    said = [result.grade] if result.grade else []
    if result.age_days is not None:
        said.append(f"{result.age_days:.1f} days old")
    if result.stale_in_days is not None:
        left = result.stale_in_days
        said.append(f"{left:.1f} days left" if left >= 0 else f"too old since {-left:.1f} days")
    return f" ({', '.join(said)})" if said else ""


def question_lines(card: Scorecard) -> list[str]:
    """Every enterprise question with its answer, how it is known, and why."""
    if not card.enterprise:
        return []
    rows = [[a.id, a.answer, a.known_by or "-", a.text, _why(a)] for a in card.enterprise]
    return ["Enterprise questions", *table(["Id", "Answer", "Known", "Question", "Why"], rows)]


def _why(answer: EnterpriseAnswer) -> str:
    return answer.why if len(answer.why) <= 110 else answer.why[:107] + "..."


def open_conditions(dimension: DimensionScore, top: int) -> list[PredicateResult]:
    """What does not hold up to a level, lowest level first."""
    return [p for p in dimension.predicates if p.level <= top and not p.held]
