"""Duties that come round: what is to be done, by whom, and how it is known to be done."""

from enum import StrEnum
from typing import ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.words import SignedWord

DutyWord = Literal["ahead", "assigned", "escalated", "done", "skipped"]


class Every(StrEnum):
    """How often a duty comes round."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class Settles(Part):
    """Evidence that shows something done: about what, and what its result must say."""

    about: str
    where: tuple[str, ...] = ()
    """Conditions, all of which must hold: field, operator, JSON value."""
    grade: Grade = Grade.ATTESTED
    """The least grade that counts."""


class DutyTask(Noun):
    """One duty in one period; ``id`` is ``project/duty/period``, so there is never a second one.

    It carries all that it is judged by, so a changed plan changes no task that was raised before.
    Times are UTC ISO stamps; the period is ``[starts_at, due_at)``.
    """

    kind: ClassVar[str] = "duty_task"
    project: str
    duty: str
    every: Every
    period: str
    what: str
    do: str
    role: Role
    settles: tuple[Settles, ...]
    """Any one of them, stamped within the period, settles it."""
    note: bool
    """Whether a signed note settles it too."""
    starts_at: str
    due_at: str
    escalates_at: str
    escalate_to: Role
    plan: str
    """Id of the kept plan that it comes from; empty while it is not raised."""
    raised_at: str
    accelerated: bool = False
    alert: str = ""
    """Id of the alert that said it was not done; empty while none did."""


class DutyNote(SignedWord):
    """A person's word that a task is done or need not be; ``reason`` is the note."""

    kind: ClassVar[str] = "duty_note"
    task: str
    outcome: Literal["done", "skipped"]
    evidence: str = ""
    """Id of the evidence it rests on, where the duty takes no mere note."""


class KeptDuties(Noun):
    """A plan of duties that a project went over to, as the file was.

    ``id`` is ``project/number/digest``, so that going back to an earlier plan is another one.
    """

    kind: ClassVar[str] = "duty_plan"
    project: str
    digest: str
    text: str
    created_at: str


class DutyPlanState(Part):
    """Which plan of duties counts, and what the project's file says beside it."""

    digest: str
    version: int
    source: Literal["product", "project", "kept"]
    """``kept``: an earlier one, because the file asks for less and two people have not signed."""
    laxer: tuple[str, ...] = ()
    """What the file asks for less than the plan in force; it waits for signatures."""
    proposed_by: str = ""


class DutyState(Part):
    """Where one task stands now."""

    task: DutyTask
    state: DutyWord
    people: tuple[str, ...]
    """Whose it is: everybody active who holds the role."""
    late: bool = False
    """Not settled when its period ended."""
    settled_by: str = ""
    """Id of the evidence or the signed note."""
    settled_at: str = ""
    said: str = ""
    """By which evidence, or who said what."""


class DutiesRaised(Part):
    """What a look at the duties has done."""

    tasks: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


class DutySummary(Part):
    """All duties in one line; ``kept`` of ``due`` were settled in time in the newest ``days``."""

    open: int
    escalated: int
    due: int
    kept: int
    days: int
    text: str


class CriterionState(Part):
    """One criterion of a phase, and what the ledger says to it."""

    text: str
    met: bool
    found: str


class PhaseState(Part):
    """One phase of a roll-out programme, computed from evidence."""

    name: str
    title: str
    state: Literal["done", "under way", "waiting"]
    entry: tuple[CriterionState, ...]
    exit: tuple[CriterionState, ...]


class ProgrammeState(Part):
    """Where a roll-out programme stands; ``current`` is empty when every phase is done."""

    version: int
    digest: str
    current: str
    phases: tuple[PhaseState, ...]
    text: str
