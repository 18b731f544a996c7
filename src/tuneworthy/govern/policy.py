"""The gates' policy: read from data, checked, and named by its digest."""

import json
import operator
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.people import Role
from tuneworthy.methods.canonical import digest

SubjectName = Literal[
    "dataset", "suite", "model", "project", "suites", "incumbent", "canaries", "route"
]

IF_ANY: Mapping[SubjectName, str] = {
    "suites": "once the project declares suites of its own",
    "incumbent": "once another tuned version is in production",
    "canaries": "once canaries are planted in the training rows",
    "route": "where a version is to follow another tuned one that the route serves",
}
"""Subjects that a project may do without, each with when something is asked about it."""

UNSIGNED: frozenset[SubjectName] = frozenset({"route"})
"""Subjects whose evidence must stand at each look and is no part of what people sign: it is made
anew all the time, and what is newer takes back no decision."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_CONDITION = re.compile(r"(\w+) (==|!=|>=|<=|>|<) (.+)")


class Requirement(Part):
    """Evidence that a gate needs: about what, of which grade, and what its result must say."""

    about: str
    subject: SubjectName
    grade: Grade
    signed: bool = False
    where: tuple[str, ...] = ()
    firm: bool = False
    """There is no exception from it; nor from what must be signed."""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        for condition in self.where:
            parse_condition(condition)
        return self

    def unmet(self, result: Mapping[str, Any]) -> str:
        """The first condition that the result does not meet, with what it says; empty if none."""
        return unmet_condition(self.where, result)


class GateRule(Part):
    """What one gate decides on, what it needs to see, and whose decisions open it."""

    subject: Literal["dataset", "model"]
    roles: tuple[Role, ...] = Field(min_length=2)
    requires: tuple[Requirement, ...] = Field(min_length=1)
    shows: tuple[str, ...] = ()
    """Evidence about the subject that people see beside the bundle; it is not required."""
    not_the_trainer: bool = False
    countersigner: Role | None = None


class Policy(Part):
    """All four gates."""

    version: int
    valid_days: int = Field(ge=1)
    unnamed_work: bool = True
    """Whether work that is nobody's decision may be done at the console under no name."""
    gates: dict[GateName, GateRule]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.gates) != set(GateName):
            raise ValueError("a policy names exactly the four gates")
        for name, rule in self.gates.items():
            if len(set(rule.roles)) != len(rule.roles) or Role.PLATFORM_ADMIN in rule.roles:
                raise ValueError(f"the {name} gate needs different roles, none the platform admin")
            if rule.countersigner is not None and rule.countersigner not in rule.roles:
                raise ValueError(f"the {name} gate's countersigner is not among its roles")
        return self

    @property
    def digest(self) -> str:
        """Digest of the content; comments and layout of the file do not change it."""
        return digest(self)

    def roles(self, gate: GateName) -> tuple[Role, ...]:
        """The roles whose decisions the gate needs, in the order in which they sign."""
        return self.gates[gate].roles


def read_policy(text: str) -> Policy:
    """A policy from TOML. Raises ValueError when it is not one."""
    return Policy.model_validate(tomllib.loads(text))


@cache
def load_policy() -> Policy:
    """The policy that comes with the product."""
    return read_policy(shipped_policy())


def shipped_policy() -> str:
    """The file that comes with the product, to start another from."""
    return resources.files(__package__).joinpath("gates.toml").read_text("utf-8")


def parse_condition(condition: str) -> tuple[str, str, Any]:
    """Field, operator and value of a condition. Raises ValueError."""
    match = _CONDITION.fullmatch(condition)
    if match is None:
        raise ValueError(f"not a condition (field, operator, JSON value): {condition!r}")
    return match[1], match[2], json.loads(match[3])


def unmet_condition(where: Sequence[str], result: Mapping[str, Any]) -> str:
    """The first condition that a result does not meet, with what it says; empty if none.

    A result may say why a field is what it is, in a list of texts under its name and ``_why``.
    """
    for condition in where:
        field, sign, wanted = parse_condition(condition)
        found = result.get(field)
        if not _holds(_OPERATORS[sign], found, wanted):
            return (
                f"{condition} does not hold: {field} is {json.dumps(found, default=str)}"
                + _told(result.get(f"{field}_why"))
            )
    return ""


def _told(why: object) -> str:
    texts = [text for text in why if isinstance(text, str)] if isinstance(why, list) else []
    return f" ({'; '.join(texts)})" if texts else ""


def _holds(compare: Callable[[Any, Any], bool], found: object, wanted: object) -> bool:
    """What is missing or of another type never holds; true is not 1."""
    if found is None or isinstance(found, bool) != isinstance(wanted, bool):
        return False
    try:
        return bool(compare(found, wanted))
    except TypeError:
        return False
