"""The scorecard and gap list: both verdicts with their working, levels, gaps, ninety days."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.levels import gaps, levels, predicates, uncounted
from tuneworthy.assess.deliverables.parts import (
    NOT_KNOWN,
    blank,
    code,
    count,
    known,
    number,
    table,
    word,
    yes_no,
)
from tuneworthy.assess.plan import ACCOUNTABLE
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.deliverable import Cell, Item, Row, Section, Tone
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.plan import PlanStep
from tuneworthy.core.nouns.rules import TreeStep

RUN = "tuneworthy eval run"


def sections(facts: Facts) -> tuple[Section, ...]:
    """All that the document says, in order."""
    return (
        Section(
            id="verdict",
            title="Is it worth tuning?",
            intro="As declared: the typed answers alone. As evidenced: what is on record. The two "
            "are never blended, and answers alone open no gate.",
            items=tuple(_verdicts(facts)),
        ),
        Section(
            id="rules",
            title="The working of every rule",
            intro="The strictest rule decides. The weighted score is advice.",
            items=tuple(_rules(facts)),
        ),
        Section(id="second-opinion", title="Second opinion", items=tuple(_second(facts))),
        Section(
            id="questions",
            title="Every question, as typed and as measured",
            items=tuple(_questions(facts)),
        ),
        Section(
            id="signals",
            title="Signs of a ceiling",
            intro="They describe the trouble; no verdict counts them.",
            items=tuple(_signals(facts)),
        ),
        levels(facts),
        predicates(facts),
        gaps(facts),
        *uncounted(facts),
        Section(
            id="enterprise",
            title="What an enterprise asks",
            intro="U1 to U4 are computed from the record and never asked. One no among them means "
            "not ready, whatever the levels are.",
            items=tuple(_enterprise(facts)),
        ),
        Section(
            id="plan",
            title="Ninety days",
            intro="Made from the gaps, in the order of the gates.",
            items=tuple(_plan(facts)),
        ),
    )


def _verdicts(facts: Facts) -> Iterator[Item]:
    declared, evidenced = facts.report.declared, facts.report.evidenced
    business = facts.owner(Role.BUSINESS_OWNER)
    if declared is None or not facts.answers.factors:
        missing = "No question has been answered."
        yield blank(
            "declared", "As declared", missing, business, "tuneworthy assess --ask"
        ).model_copy(update={"source": "answers"})
    else:
        yield known(
            "declared",
            "As declared",
            _verdict(declared),
            lines=declared.reasons,
            source="answers",
        )
    if evidenced is None or not facts.runs:
        until = f" Until then the rules say {evidenced.verdict.value}." if evidenced else ""
        missing = f"No way of answering has been run on frozen cases, so nothing is proved.{until}"
        yield blank("evidenced", "As evidenced", missing, facts.owner(Role.REVIEW_LEAD), RUN)
    else:
        kept = facts.of_suite("decision.verdict")
        yield known(
            "evidenced",
            "As evidenced",
            _verdict(evidenced),
            lines=evidenced.reasons,
            evidence=facts.ref(kept),
        )
    for number_, text in enumerate(evidenced.contradictions if evidenced else (), 1):
        yield known(
            f"contradiction-{number_}",
            "Typed and measured disagree",
            word(text, "warn"),
        )


def _verdict(decision: Decision) -> Cell:
    tone: Tone = "ok" if decision.verdict.allows_tuning else "bad"
    return Cell(value=decision.verdict.value, text=decision.verdict.value, tone=tone)


def _rules(facts: Facts) -> Iterator[Item]:
    sides = [("declared", facts.report.declared), ("evidenced", facts.report.evidenced)]
    for name, side in sides:
        if side is None or side.rules is None:
            yield blank(
                f"rules-{name}",
                f"Rules, as {name}",
                "No rule has been worked out.",
                facts.owner(Role.BUSINESS_OWNER),
                "tuneworthy assess --ask",
                source="rules",
            )
            continue
        found = side.rules
        rows = [
            (word("tree"), word(found.tree.result), word(found.tree.because)),
            (
                word("score"),
                number(found.score.value),
                word(f"{found.score.text}: {found.score.band}"),
            ),
            (word("net"), count(found.net.value), word(f"{found.net.text}: {found.net.band}")),
            (
                word("weighted, advice only"),
                number(found.weighted.value),
                word(
                    f"({found.weighted.indicators} - {found.weighted.anti_indicators}) / "
                    f"{found.weighted.denominator} = {found.weighted.text}"
                ),
            ),
        ]
        yield table(
            f"rules-{name}",
            f"Rules, as {name}",
            ("Rule", "Result", "Working"),
            rows,
            source="rules",
        )
        yield _path(f"tree-{name}", f"Path through the tree, as {name}", found.tree.path)


def _path(id_: str, label: str, steps: tuple[TreeStep, ...]) -> Item:
    rows = [(word(s.question), word(s.answer), word(s.because)) for s in steps]
    return table(id_, label, ("Question", "Answer", "Because"), rows, source="rules")


def _second(facts: Facts) -> Iterator[Item]:
    decision = facts.report.evidenced or facts.report.declared
    second = decision.second_opinion if decision else None
    if second is None:
        yield blank(
            "second-opinion",
            "The template's own tree",
            "It has not been asked.",
            facts.owner(Role.BUSINESS_OWNER),
            "tuneworthy assess --ask",
            source="rules",
        )
        return
    yield known(
        "second-opinion",
        "The template's own tree",
        word(second.verdict, "" if second.agrees else "warn"),
        lines=(second.difference, "It changes no verdict."),
        source="rules",
    )
    yield _path("second-path", "Its path", second.path)


def _questions(facts: Facts) -> Iterator[Item]:
    decision = facts.report.evidenced or facts.report.declared
    asked = decision.factors if decision else ()
    if not asked:
        yield blank(
            "answers",
            "Questions",
            "No question has been answered.",
            facts.owner(Role.BUSINESS_OWNER),
            "tuneworthy assess --ask",
            source="answers",
        )
        return
    rows = [
        (
            word(f.id),
            word(f.text),
            yes_no(f.declared),
            yes_no(f.measured),
            word(f.basis) if f.basis else Cell(value=None, text="nothing measures it yet"),
        )
        for f in asked
    ]
    columns = ("Id", "Question", "Typed", "Measured", "Basis")
    yield table("answers", "Questions", columns, rows, source="answers")


def _signals(facts: Facts) -> Iterator[Item]:
    found = facts.report.evidenced.signals if facts.report.evidenced else ()
    if not found:
        missing = "The signals come from the outputs of prompts on the frozen cases; none was run."
        yield blank("signals", "Signals", missing, facts.owner(Role.REVIEW_LEAD), RUN)
        return
    rows = [
        (
            word(s.id),
            word(s.text),
            word(s.answer, "warn" if s.answer == "yes" else ""),
            number(s.value),
            word("" if s.low is None or s.high is None else f"{s.low:.4g} to {s.high:.4g}"),
            count(s.n),
            word(s.detail),
            word(s.rule),
        )
        for s in found
    ]
    columns = ("Id", "Sign", "Answer", "Number", "95 % interval", "n", "Found", "Rule")
    yield table("signals", "Signals", columns, rows)


def _enterprise(facts: Facts) -> Iterator[Item]:
    answers = facts.report.scorecard.enterprise
    if not answers:
        yield blank(
            "questions",
            "Questions",
            "Nothing has been computed.",
            facts.owner(Role.GOVERNANCE_OWNER),
            "tuneworthy assess scorecard",
        )
        return
    for id_, label, wanted in (("stops", "Stop questions", True), ("others", "Questions", False)):
        rows = []
        for a in answers:
            if a.id.startswith("U") is wanted:
                tone: Tone = "bad" if a.stops else "ok" if a.answer == "yes" else ""
                refs = tuple(ref for e in a.evidence for ref in facts.ref_of(e))
                rows.append(
                    Row(
                        cells=(
                            word(a.id),
                            word(a.text),
                            word(a.answer, tone),
                            word(a.known_by or NOT_KNOWN),
                            word(a.why),
                            Cell(value=a.declared or None, text=a.declared or "nothing"),
                        ),
                        evidence=refs,
                    )
                )
        columns = ("Id", "Question", "Answer", "Known how", "Why", "Typed")
        yield table(id_, label, columns, rows)


def _plan(facts: Facts) -> Iterator[Item]:
    tasks = [task for step in facts.plan.steps for task in step.tasks]
    for step in facts.plan.steps:
        yield _step(step)
    for dimension in dict.fromkeys(task.dimension for task in tasks if not task.owner):
        role = ACCOUNTABLE[dimension]
        yield blank(
            f"owner-{dimension}",
            f"Who is accountable for {dimension}",
            "Exactly one person must be.",
            facts.owner(role),
            f"tuneworthy people add PERSON NAME --role {role.value}",
        )
    for task in tasks:
        if not task.command and not task.renewal:
            missing = f"{task.text} Nothing produces this evidence yet; decide how and by whom."
            owner = facts.owner(ACCOUNTABLE[task.dimension])
            yield blank(f"undecided-{task.predicate}", task.predicate, missing, owner, "")


def _step(step: PlanStep) -> Item:
    label = f"Days {step.first_day} to {step.last_day}: {step.goal}"
    if not step.tasks:
        return known(f"step-{step.number}", label, word("Nothing is due."), source="rules")
    rows = [
        (
            word(t.dimension),
            word(f"renew: {t.text}" if t.renewal else t.text),
            Cell(value=t.owner or None, text=t.owner or "nobody is named"),
            code(t.command)
            if t.command
            else Cell(value=None, text="nothing produces this evidence yet"),
        )
        for t in step.tasks
    ]
    columns = ("Area", "What", "Who", "Command")
    return table(f"step-{step.number}", label, columns, rows, source="rules")
