"""Risks of tuning, each read off the record; what is not measured is a blank, not a low risk."""

from collections.abc import Iterator
from typing import NamedTuple

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import any_value, code, known, signed, table, word
from tuneworthy.core.nouns.deliverable import EvidenceRef, Item, Row, Tone
from tuneworthy.core.nouns.people import Role

SAFETY = "tuneworthy eval run --safety"
"""Runs the general suite and the safety suites on the base and on the tuned model."""

_FEW_CASES = 385
"""Below it the 95 % interval of a share may be wider than 5 points either way."""

_FEW_OPERATORS = 2


class Risk(NamedTuple):
    """Something on record that speaks against tuning now."""

    what: str
    shown_by: str
    tone: Tone
    role: Role
    evidence: tuple[EvidenceRef, ...] = ()


def risks(facts: Facts) -> tuple[Item, ...]:
    """What the record shows, and what the safety run found."""
    found = [*_need(facts), *_data(facts), *_people(facts)]
    rows = [
        Row(
            cells=(word(r.what, r.tone), word(r.shown_by), word(facts.owner(r.role))),
            evidence=r.evidence,
        )
        for r in found
    ]
    columns = ("Risk", "What shows it", "Who answers for it")
    shown = (
        table("risks", "Risks", columns, rows)
        if rows
        else known("risks", "Risks", word("The record shows none of those that are looked for."))
    )
    return (
        shown,
        _loss(
            facts,
            "forgetting",
            "Loss of general ability",
            "eval.general_ability",
            ("general_ability_review", Role.REVIEW_LEAD),
        ),
        _loss(
            facts,
            "harm",
            "Loss of safety",
            "safety.suite",
            ("safety_review", Role.COMPLIANCE_REVIEWER),
        ),
    )


def _loss(facts: Facts, id_: str, label: str, about: str, document: tuple[str, Role]) -> Item:
    """What the safety run found of the tuned model; else the signed review, or the blank for it."""
    found = facts.of_model(about)
    if found is None:
        return signed(facts, id_, label, f"Not measured yet: {SAFETY}", document)
    rows = [
        Row(cells=(code(name), any_value(value))) for name, value in sorted(found.result.items())
    ]
    return table(id_, label, ("Field", "Found"), rows, evidence=facts.ref(found))


def _need(facts: Facts) -> Iterator[Risk]:
    decision = facts.report.evidenced
    if decision and facts.runs:
        refs = facts.ref(facts.of_suite("decision.verdict"))
        if not decision.verdict.allows_tuning:
            why = decision.reasons[0] if decision.reasons else decision.verdict.value
            yield Risk("Tuning is not called for", why, "bad", Role.BUSINESS_OWNER, refs)
        for text in decision.contradictions:
            yield Risk("Answers are wrong", text, "warn", Role.BUSINESS_OWNER, refs)
    if facts.money and not facts.money.justified:
        refs = facts.ref(facts.newest("costs.break_even", facts.project.id))
        yield Risk("It may not pay", facts.money.text, "warn", Role.BUSINESS_OWNER, refs)
    if facts.suite and facts.suite.n < _FEW_CASES:
        refs = facts.ref(facts.of_suite("suite.frozen"))
        said = f"{facts.suite.n} cases; {_FEW_CASES} keep an interval within 5 points either way."
        yield Risk("A small gain cannot be seen", said, "warn", Role.REVIEW_LEAD, refs)
    curve = facts.of_dataset("eval.learning_curve")
    if curve and curve.result.get("rising") is False and curve.result.get("target_met") is False:
        said = str(curve.result.get("text") or "The learning curve does not rise.")
        refs = facts.ref(curve)
        yield Risk("More of the same data may not help", said, "warn", Role.DATA_STEWARD, refs)


def _data(facts: Facts) -> Iterator[Risk]:
    data = facts.report.dataset
    if data is None:
        return
    least = facts.approach.chosen.minimum
    if data.rows_out < least:
        refs = facts.ref(facts.of_dataset("data.profile"))
        said = f"{data.rows_out:,} rows after cleaning; the approach needs {least:,}."
        yield Risk("Too little data", said, "bad", Role.DATA_STEWARD, refs)
    leaked = data.split.leakage_exact + data.split.leakage_near
    if leaked:
        refs = facts.ref(facts.of_dataset("data.leakage"))
        said = f"{leaked:,} test rows have a twin in training."
        yield Risk("Scores look better than they are", said, "bad", Role.DATA_STEWARD, refs)
    if data.pii.unresolved_high:
        refs = facts.ref(facts.of_dataset("data.pii"))
        said = f"{data.pii.unresolved_high:,} serious findings are left in the rows."
        yield Risk("Personal data or secrets", said, "bad", Role.COMPLIANCE_REVIEWER, refs)
    if min(data.licence_coverage, data.legal_basis_coverage) < 1:
        refs = facts.ref(facts.of_dataset("data.version"))
        said = (
            f"Licence for {data.licence_coverage:.1%} of the rows, legal basis for "
            f"{data.legal_basis_coverage:.1%}."
        )
        yield Risk("No right to train on it", said, "bad", Role.SOURCE_OWNER, refs)


def _people(facts: Facts) -> Iterator[Risk]:
    able = {Role.TECHNICAL_OWNER, Role.MODEL_OWNER, Role.PLATFORM_ADMIN}
    n = sum(person.active and bool(able & set(person.roles)) for person in facts.people)
    if n < _FEW_OPERATORS:
        said = f"{n} named people can operate the model; {_FEW_OPERATORS} must."
        yield Risk("Nobody is there to run it", said, "bad", Role.GOVERNANCE_OWNER)
    if any(person.demonstration for person in facts.people):
        said = "Some of the people are made up for a demonstration."
        yield Risk("Approvals that mean nothing", said, "warn", Role.GOVERNANCE_OWNER)
