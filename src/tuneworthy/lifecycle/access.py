"""Deny by default: every verb that changes a project names its action and is asked about first."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.model import ModelState
from tuneworthy.core.nouns.people import Person
from tuneworthy.govern import RULES, Action, Denied, Matter, Policy, authorise
from tuneworthy.lifecycle import people, policies
from tuneworthy.lifecycle.wiring import UNNAMED, Runtime

P = ParamSpec("P")
R = TypeVar("R")

NOTHING = Matter()


def require(
    runtime: Runtime,
    who: Person | None,
    action: Action,
    on: Matter = NOTHING,
    *,
    fix: str = "tuneworthy people list",
) -> None:
    """Go on only if the rules allow it; a denial is an audit event.

    Raises BlockedProblem with the reason, UsageProblem where only a name is missing.
    """
    if who is None and not RULES[action].unnamed:
        raise UsageProblem(
            "nobody_named",
            "Nobody is named as the one who does it.",
            why=f"To {action.value.replace('_', ' ')} takes a named person.",
            fix="tuneworthy --as PERSON ... (tuneworthy people list)",
        )
    policy = policies.in_force(runtime)
    verdict = authorise(who, action, on, policy=policy)
    if not isinstance(verdict, Denied):
        return
    name = who.id if who else runtime.actor
    what = ("action", action.value, "")
    event = runtime.event("access.refuse", what, actor=name, decision="deny", reason=verdict.reason)
    runtime.store.note(event)
    deed = action.value.replace("_", " ") + (f" on the {on.gate.value} gate" if on.gate else "")
    if on.state is ModelState.QUARANTINED:
        fix = "tuneworthy serve status names it; tuneworthy serve readmit takes it out"
    elif who is None and not policy.unnamed_work:
        fix = "tuneworthy --as PERSON ... (tuneworthy people list)"
    raise BlockedProblem(
        "not_allowed",
        f"{_who_not(who, policy)} {deed}.",
        why=f"{verdict.reason[0].upper()}{verdict.reason[1:]}.",
        fix=fix,
    )


def _who_not(who: Person | None, policy: Policy) -> str:
    """How a denial begins; where people may work unnamed, a name would not help."""
    if who is not None:
        return f"{who.name} may not"
    return "Nobody may now" if policy.unnamed_work else "Nobody named may not"


def caller(runtime: Runtime, person: str = "") -> Person | None:
    """Who acts: the person named, or else the runtime's actor; None where nobody is named.

    While a project knows nobody at all, any name is only a name. Raises ConfigProblem for a name
    that is nobody's.
    """
    name = person or runtime.actor
    if name == UNNAMED or not (people.everyone(runtime) or people.listed(runtime)):
        return None
    return people.named(runtime, name)


def needs(
    action: Action, *, by: str = "", inside: bool = False
) -> Callable[[Callable[Concatenate[Any, P], R]], Callable[Concatenate[Any, P], R]]:
    """Marks a verb of the SDK with its action, which is asked for before the verb runs.

    Args:
        action: What the verb does.
        by: The argument that names who does it; by default the workspace's actor.
        inside: The verb asks by itself, because what it is about must be known first.
    """

    def mark(verb: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
        signature = inspect.signature(verb)

        @wraps(verb)
        def asked(self: Any, *args: P.args, **kwargs: P.kwargs) -> R:
            runtime: Runtime = self._runtime
            with _entered(runtime) as first:
                if first and not inside:
                    bound = signature.bind(self, *args, **kwargs)
                    name = str(bound.arguments.get(by, "") or "")
                    who = caller(runtime, name)
                    if who is None and name and not RULES[action].unnamed:
                        who = people.find(runtime, name)
                    require(runtime, who, action)
                return verb(self, *args, **kwargs)

        asked.action = action  # type: ignore[attr-defined]
        asked.asks_inside = inside  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[Any, P], R]", asked)

    return mark


_inside: ContextVar[frozenset[int]] = ContextVar("tuneworthy_inside", default=frozenset())


@contextmanager
def _entered(runtime: Runtime) -> Iterator[bool]:
    """Whether this is the outermost verb: what a verb does by others is part of it."""
    within = _inside.get()
    token = _inside.set(within | {id(runtime)})
    try:
        yield id(runtime) not in within
    finally:
        _inside.reset(token)
