"""The phases of a roll-out programme: criteria as data, and what the ledger says to each."""

import tomllib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.duties import (
    CriterionState,
    DutySummary,
    PhaseState,
    ProgrammeState,
    Settles,
)
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern.duties import shows, stamp
from tuneworthy.govern.policy import parse_condition, unmet_condition
from tuneworthy.methods.canonical import digest


class Criterion(Part):
    """One thing that must hold, in words and as the ledger can tell it."""

    text: str = Field(min_length=1)
    evidence: Settles | None = None
    aged_days: int = Field(default=0, ge=0)
    gate: GateName | None = None
    roles: tuple[Role, ...] = ()
    kept: float | None = Field(default=None, gt=0, le=1)
    projects: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = (self.evidence, self.gate, self.roles or None, self.kept, self.projects)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(
                f"'{self.text}' needs exactly one of evidence, gate, roles, kept, projects"
            )
        if self.aged_days and self.evidence is None:
            raise ValueError(f"'{self.text}' has aged_days and no evidence")
        for condition in self.evidence.where if self.evidence else ():
            parse_condition(condition)
        return self


class Phase(Part):
    """What must hold to enter it and to leave it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    title: str
    entry: tuple[Criterion, ...] = ()
    exit: tuple[Criterion, ...] = Field(min_length=1)


class Programme(Part):
    """The phases, in order."""

    version: int = Field(ge=1)
    phase: tuple[Phase, ...] = Field(min_length=1)

    @property
    def digest(self) -> str:
        """Digest of the content; comments and layout of the file do not change it."""
        return digest(self)


class Facts(NamedTuple):
    """All that the criteria look at."""

    evidence: Sequence[Evidence]
    open_gates: frozenset[GateName]
    roles: frozenset[Role]
    """Roles that an active person holds."""
    duties: DutySummary | None
    projects: int
    """Projects of the ledger with a version in production."""
    now: datetime


def read_programme(text: str) -> Programme:
    """A programme from TOML. Raises ValueError when it is not one."""
    return Programme.model_validate(tomllib.loads(text))


@cache
def load_programme() -> Programme:
    """The programme that comes with the product."""
    return read_programme(shipped_programme())


def shipped_programme() -> str:
    """The file that comes with the product, to start another from."""
    return resources.files(__package__).joinpath("programme.toml").read_text("utf-8")


def programme_state(programme: Programme, facts: Facts) -> ProgrammeState:
    """Every phase with its criteria; a phase waits until all before it are done."""
    phases: list[PhaseState] = []
    for phase in programme.phase:
        entry = tuple(_judged(one, facts) for one in phase.entry)
        leave = tuple(_judged(one, facts) for one in phase.exit)
        entered = all(one.state == "done" for one in phases) and all(one.met for one in entry)
        state: Literal["done", "under way", "waiting"] = "waiting"
        if entered:
            state = "done" if all(one.met for one in leave) else "under way"
        phases.append(
            PhaseState(name=phase.name, title=phase.title, state=state, entry=entry, exit=leave)
        )
    current = next((one for one in phases if one.state != "done"), None)
    return ProgrammeState(
        version=programme.version,
        digest=programme.digest,
        current=current.name if current else "",
        phases=tuple(phases),
        text=_line(phases, current),
    )


def _line(phases: Sequence[PhaseState], current: PhaseState | None) -> str:
    if current is None:
        return f"All {len(phases)} phases are done."
    side = current.entry if current.state == "waiting" else current.exit
    met = sum(one.met for one in side)
    what = "entry" if current.state == "waiting" else "exit"
    return (
        f"Phase {phases.index(current) + 1} of {len(phases)}, {current.title}: {current.state}; "
        f"{met} of {len(side)} {what} criteria hold."
    )


def _judged(one: Criterion, facts: Facts) -> CriterionState:
    met, found = _found(one, facts)
    return CriterionState(text=one.text, met=met, found=found)


def _found(one: Criterion, facts: Facts) -> tuple[bool, str]:
    if one.evidence is not None:
        return _by_evidence(one.evidence, one.aged_days, facts)
    if one.gate is not None:
        open_ = one.gate in facts.open_gates
        return open_, f"the {one.gate.value} gate is {'open' if open_ else 'shut'}"
    if one.kept is not None:
        return _by_duties(one.kept, facts.duties)
    if one.projects is not None:
        return facts.projects >= one.projects, f"{facts.projects} in production"
    missing = [role.value.replace("_", " ") for role in one.roles if role not in facts.roles]
    return not missing, f"nobody is the {', '.join(missing)}" if missing else "all are held"


def _by_evidence(need: Settles, aged_days: int, facts: Facts) -> tuple[bool, str]:
    held = [item for item in facts.evidence if item.about == need.about]
    graded = [item for item in held if item.grade.cap >= need.grade.cap]
    if not graded:
        less = f" of grade {need.grade.value} or better" if held else ""
        return False, f"no {need.about}{less}"
    if aged_days:
        fitting = [stamp(item.created_at) for item in graded if shows(need, item)]
        days = (facts.now - min(fitting)).days if fitting else -1
        return days >= aged_days, f"{days} days" if fitting else f"no such {need.about}"
    newest = graded[-1]
    fault = unmet_condition(need.where, newest.result)
    return not fault, fault or f"{need.about}, {newest.created_at[:10]}"


def _by_duties(share: float, duties: DutySummary | None) -> tuple[bool, str]:
    if duties is None or not duties.due:
        return False, "no duty has been due yet"
    return duties.kept >= share * duties.due and not duties.escalated, duties.text
