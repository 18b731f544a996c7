"""Gates, people, incidents and the regular looks, as items of the deployment plan."""

from collections.abc import Iterator

from tuneworthy.assess.deliverables.dataset import named
from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.assess.deliverables.parts import blank, known, signed, table, word, words
from tuneworthy.core.nouns.deliverable import Cell, Item
from tuneworthy.core.nouns.people import Role

WATCH = "tuneworthy drift check"


def gates(facts: Facts) -> Iterator[Item]:
    """Each gate with who decides, who has, and what it waits for."""
    rules = {rule.gate: rule for rule in facts.gates}
    rows = []
    for state in facts.report.gates:
        rule = rules.get(state.gate.value)
        by = ", ".join(
            f"{facts.name(person)} ({words(role)})" for role, person in state.approvers.items()
        )
        rows.append(
            (
                word(state.gate.value),
                word("open", "ok") if state.open else word("shut", "bad"),
                word(", ".join(words(role.value) for role in rule.roles) if rule else ""),
                Cell(value=by or None, text=by or "nobody yet"),
                _left(state.missing_evidence),
                _left([words(role.value) for role in state.missing_roles]),
            )
        )
    columns = ("Gate", "State", "Who decides", "Approved by", "Evidence missing", "Waits for")
    lines = [
        f"An approval stands {facts.watch.approval_days} days at most, and ends with any of "
        "the evidence that it was given for."
    ]
    if any(state.demonstration for state in facts.report.gates):
        lines.append("The approvers are made up for a demonstration.")
    yield table("gates", "Gates", columns, rows, lines=tuple(lines))
    for state in facts.report.gates:
        if not state.open:
            missing = "; ".join(
                [
                    *(f"evidence {name}" for name in state.missing_evidence),
                    *(f"approval of the {words(role.value)}" for role in state.missing_roles),
                ]
            )
            role = state.missing_roles[0] if state.missing_roles else Role.GOVERNANCE_OWNER
            yield blank(
                f"gate-{state.gate.value}",
                f"The {state.gate.value} gate is shut",
                f"Missing: {missing}." if missing else "No approval covers this evidence.",
                facts.owner(role),
                f"tuneworthy gate show {state.gate.value}",
            )


def _left(items: object) -> Cell:
    said = ", ".join(str(item) for item in items) if isinstance(items, list | tuple) else ""
    return Cell(value=said or None, text=said or "nothing")


def people(facts: Facts) -> Iterator[Item]:
    """Who holds each role."""
    for role in Role:
        label = words(role.value).capitalize()
        yield named(facts, role.value, label, role)


def incidents(facts: Facts) -> Iterator[Item]:
    """Whom to call, and how an incident is handled."""
    yield named(facts, "on-call", "To be called first", Role.TECHNICAL_OWNER)
    yield signed(
        facts,
        "contacts",
        "Incident contacts",
        "Nobody has written down whom to reach, and how, out of hours.",
        ("incident_contacts", Role.TECHNICAL_OWNER),
    )
    yield signed(
        facts,
        "workflow",
        "Incident workflow",
        "No workflow is signed.",
        ("incident_workflow", Role.MODEL_OWNER),
    )


def rhythm(facts: Facts) -> Iterator[Item]:
    """What is looked at daily, weekly, monthly and quarterly, and when it was last."""
    for id_, label, facts_named, role, command in (
        ("daily", "Daily: monitors report", ("monitor.heartbeat",), Role.TECHNICAL_OWNER, WATCH),
        ("weekly", "Weekly: drift is tested", ("monitor.drift",), Role.MODEL_OWNER, WATCH),
        (
            "overrides",
            "Weekly: replaced answers are reviewed",
            ("monitor.overrides", "document.override_review"),
            Role.REVIEW_LEAD,
            "tuneworthy drift answers",
        ),
        (
            "monthly",
            "Monthly: the labelling guide is refreshed",
            ("document.labelling_guide",),
            Role.ANNOTATION_OWNER,
            "tuneworthy people attest labelling_guide FILE --by PERSON",
        ),
        (
            "quarterly",
            "Quarterly: strategy, thresholds and rollback rules are reviewed",
            ("review.quarterly", "document.quarterly_review"),
            Role.GOVERNANCE_OWNER,
            "tuneworthy people attest quarterly_review FILE --by PERSON",
        ),
    ):
        pieces = [piece for about in facts_named if (piece := facts.newest(about))]
        found = max(pieces, key=lambda piece: piece.created_at, default=None)
        if found is None:
            yield blank(id_, label, "It has never been done.", facts.owner(role), command)
        else:
            said = f"last done {found.created_at}"
            yield known(id_, label, word(said), evidence=facts.ref(found))
