"""Everything the five documents are made from: nouns of the ledger, gathered once."""

from datetime import datetime
from typing import Any

from tuneworthy.core.nouns.alternative import Advice
from tuneworthy.core.nouns.approach_check import ApproachCheck
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.ceiling import CeilingVerdict
from tuneworthy.core.nouns.deliverable import EvidenceRef
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.money import Money
from tuneworthy.core.nouns.people import Person, Role
from tuneworthy.core.nouns.plan import NinetyDays
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.report import Report
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.core.nouns.serving import Route
from tuneworthy.core.nouns.suite import Suite

_DAY_SECONDS = 86_400


class NamedRun(Part):
    """A run with what tables call it, which tells models apart."""

    name: str
    run: EvaluationRun


class Freezing(Part):
    """When the suite was frozen and the first candidate judged on it, by the audit chain.

    Event numbers are places in the chain, which no clock moves. 0 means that there is none.
    """

    frozen_event: int = 0
    candidate_event: int = 0
    candidate_at: str = ""


class RowTimes(Part):
    """How old the rows are, from the time that each names."""

    rows: int
    dated: int
    """Rows with a time that can be read."""
    oldest: str = ""
    newest: str = ""


class GatePolicy(Part):
    """Who decides on a gate, and what it needs to see."""

    gate: str
    roles: tuple[Role, ...]
    requires: tuple[str, ...]
    countersigner: Role | None = None


class Watch(Part):
    """The fixed figures of monitoring."""

    window: int
    least: int
    alpha: float
    most_errors: float
    most_overrides: float
    least_accuracy: float
    """Share of the accuracy at release, 0..1, below which an alert is due."""
    least_satisfaction: float
    override_rise: float
    """Share of replaced answers, 0..1, by which two weeks must lie above that at release."""
    cool_down_days: float
    approval_days: int


class Facts(Part):
    """What is known of a project. Builders read it and nothing else."""

    as_of: str
    """Empty where times must not show: for the digest of what is said."""
    project: Project
    answers: Answers
    head: Head
    report: Report
    plan: NinetyDays
    policy: str
    gates: tuple[GatePolicy, ...]
    people: tuple[Person, ...]
    evidence: tuple[Evidence, ...]
    """What counts, oldest first; unsound pieces are left out."""
    ledger: tuple[Evidence, ...]
    """Every piece, to name those that others say they rest on."""
    approach: ApproachCheck
    advice: Advice
    money: Money | None
    suite: Suite | None
    metric_rule: str
    freezing: Freezing
    ceiling: CeilingVerdict | None
    runs: tuple[NamedRun, ...]
    tuned: NamedRun | None
    training: TrainingRun | None
    times: RowTimes | None
    route: Route | None
    served: dict[str, str]
    """Serving-manifest ids to the version that each one serves."""
    watch: Watch

    def timeless(self) -> "Facts":
        """The same without the present moment and what is counted from it."""
        report = self.report
        card = report.scorecard.timeless()
        # What must be renewed within a step depends on ages.
        steps = tuple(
            step.model_copy(update={"tasks": tuple(t for t in step.tasks if not t.renewal)})
            for step in self.plan.steps
        )
        return self.model_copy(
            update={
                "as_of": "",
                "plan": self.plan.model_copy(update={"steps": steps}),
                "report": report.model_copy(update={"scorecard": card, "created_at": ""}),
            }
        )

    def newest(self, about: str, *subjects: str) -> Evidence | None:
        """The newest evidence of a fact; with subjects, about one of them."""
        found = [
            item
            for item in self.evidence
            if item.about == about and (not subjects or set(subjects) & set(item.subjects))
        ]
        return max(found, key=lambda item: item.created_at) if found else None

    def of_dataset(self, about: str) -> Evidence | None:
        """The newest evidence of a fact about today's dataset."""
        return self.newest(about, self.head.dataset) if self.head.dataset else None

    def of_suite(self, about: str) -> Evidence | None:
        """The newest evidence of a fact about today's suite."""
        return self.newest(about, self.head.suite) if self.head.suite else None

    def of_model(self, about: str) -> Evidence | None:
        """The newest evidence of a fact about today's model version."""
        return self.newest(about, self.head.model) if self.head.model else None

    def ref(self, item: Evidence | None) -> tuple[EvidenceRef, ...]:
        """How a document names a piece of evidence; nothing for none."""
        if item is None:
            return ()
        return (
            EvidenceRef(
                id=item.id,
                about=item.about,
                grade=item.grade.value,
                created_at=item.created_at,
                age_days=self.age_days(item.created_at),
                signer=item.signer,
            ),
        )

    def ref_of(self, id_: str) -> tuple[EvidenceRef, ...]:
        """The same by the evidence's id."""
        return self.ref(next((item for item in self.ledger if item.id == id_), None))

    def age_days(self, stamp: str) -> float | None:
        """Days from a stamp to the document's moment, to one decimal; None where not known."""
        try:
            span = datetime.fromisoformat(self.as_of) - datetime.fromisoformat(stamp)
        except (ValueError, TypeError):
            return None
        return round(span.total_seconds() / _DAY_SECONDS, 1)

    def holders(self, role: Role) -> list[Person]:
        """Everybody active in a role."""
        return [person for person in self.people if person.active and role in person.roles]

    def owner(self, role: Role) -> str:
        """Who owes something, by name where exactly one person holds the role."""
        words = role.value.replace("_", " ")
        holders = self.holders(role)
        if len(holders) == 1:
            return f"{holders[0].name} ({words})"
        if not holders:
            return f"{words} (nobody is named)"
        return f"{words} ({len(holders)} people; one must be accountable)"

    def name(self, person: str) -> str:
        """A person's name by id; the id itself where nobody has it."""
        return next((p.name for p in self.people if p.id == person), person)


def figure(result: dict[str, Any], field: str) -> float | None:
    """A finite number out of a piece of evidence; None where there is none."""
    value = result.get(field)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < float("inf") else None
