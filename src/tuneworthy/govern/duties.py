"""The plan of duties: read from data, checked, and named by its digest."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.duties import DutyTask, Every, Settles
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern.policy import parse_condition, unmet_condition
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.periods import Period, Span, first_whole, period_of, periods


class Duty(Part):
    """One duty. It is due at the end of each period, and escalates so many hours after that."""

    id: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    every: Every
    role: Role
    what: str = Field(min_length=1)
    do: str = ""
    """The command that does it, or shows what is to be looked at."""
    begins: Settles
    """The first such evidence about the project begins the duty."""
    evidence: tuple[Settles, ...] = ()
    note: bool = True
    escalate_after_hours: int = Field(ge=0, le=24 * 92)
    escalate_to: Role

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for one in (self.begins, *self.evidence):
            for condition in one.where:
                parse_condition(condition)
        if not self.evidence and not self.note:
            raise ValueError(f"nothing settles {self.id}: it has no evidence and takes no note")
        if self.escalate_to == self.role:
            raise ValueError(f"{self.id} escalates to the role that did not do it")
        return self


class DutyPlan(Part):
    """All duties of a project."""

    version: int = Field(ge=1)
    duty: tuple[Duty, ...]

    @model_validator(mode="after")
    def _apart(self) -> Self:
        names = [duty.id for duty in self.duty]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two duties are called {twice[0]}")
        return self

    @property
    def digest(self) -> str:
        """Digest of the content; comments and layout of the file do not change it."""
        return digest(self)


def read_duties(text: str) -> DutyPlan:
    """A plan from TOML. Raises ValueError when it is not one."""
    return DutyPlan.model_validate(tomllib.loads(text))


def shipped_duties() -> str:
    """The file that comes with the product, to start another from."""
    return resources.files(__package__).joinpath("duties.toml").read_text("utf-8")


@cache
def load_duties() -> DutyPlan:
    """The plan that comes with the product."""
    return read_duties(shipped_duties())


def shows(need: Settles, item: Evidence) -> bool:
    """Whether a piece of evidence is what a duty or a phase asks for."""
    return (
        item.about == need.about
        and item.grade.cap >= need.grade.cap
        and not unmet_condition(need.where, item.result)
    )


class Adopted(NamedTuple):
    """Since when a project has a duty, and when the first task of it starts that was raised."""

    since: datetime
    raised: datetime | None = None


def due(
    plan: DutyPlan,
    evidence: Iterable[Evidence],
    adopted: Mapping[str, Adopted],
    now: datetime,
) -> Iterator[tuple[Duty, Period]]:
    """Every duty in every period from its beginning to the present one.

    A duty begins with the period it is adopted in while half of that is left, else with the next.
    Where a stamp lies ahead of the clock, because that went back, it begins in the present period.

    Args:
        plan: The duties.
        evidence: What is on record.
        adopted: Duty to its adoption; one that is missing is adopted now.
        now: The present moment.
    """
    held = list(evidence)
    for duty in plan.duty:
        begun = [stamp(item.created_at) for item in held if shows(duty.begins, item)]
        if begun:
            known = adopted.get(duty.id, Adopted(now))
            first = _beginning(duty, max(min(begun), known.since), now)
            for period in periods(duty.every.value, min(first, known.raised or first), now):
                yield duty, period


def _beginning(duty: Duty, at: datetime, now: datetime) -> datetime:
    span: Span = duty.every.value
    return period_of(span, now).start if at > now else first_whole(span, at)


def make_task(
    duty: Duty, period: Period, *, project: str, plan: str, raised_at: str, accelerated: bool
) -> DutyTask:
    """The task of a duty in a period."""
    escalates = period.end + timedelta(hours=duty.escalate_after_hours)
    return DutyTask(
        id=f"{project}/{duty.id}/{period.name}",
        project=project,
        duty=duty.id,
        every=duty.every,
        period=period.name,
        what=duty.what,
        do=duty.do,
        role=duty.role,
        settles=duty.evidence,
        note=duty.note,
        starts_at=period.start.isoformat(),
        due_at=period.end.isoformat(),
        escalates_at=escalates.isoformat(),
        escalate_to=duty.escalate_to,
        plan=plan,
        raised_at=raised_at,
        accelerated=accelerated,
    )


def stamp(text: str) -> datetime:
    """The moment of an ISO stamp."""
    return datetime.fromisoformat(text)
