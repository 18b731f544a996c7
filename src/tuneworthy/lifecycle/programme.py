"""Where a roll-out programme stands, from the ledger alone."""

from collections.abc import Callable
from typing import TypeVar

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.duties import ProgrammeState
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.govern import (
    Programme,
    ProgrammeFacts,
    load_programme,
    programme_state,
    read_programme,
    shipped_programme,
)
from tuneworthy.lifecycle import duties, gates, own_file, people
from tuneworthy.lifecycle.wiring import Runtime

T = TypeVar("T")

PROGRAMME = "programme.toml"
"""A project's own phases, beside the project file; without it the product's count."""


def in_force(runtime: Runtime) -> Programme:
    """The phases of the project. Raises ConfigProblem for a file that is no programme."""
    return _of_file(runtime, read_programme) or load_programme()


def text(runtime: Runtime) -> str:
    """The file in force, to start another from; a file that is none is not looked at."""
    try:
        return _of_file(runtime, _checked) or shipped_programme()
    except ConfigProblem:
        return shipped_programme()


def _checked(said: str) -> str:
    read_programme(said)
    return said


def _of_file(runtime: Runtime, make: Callable[[str], T]) -> T | None:
    path = runtime.folder / PROGRAMME

    def refuse(why: str) -> ConfigProblem:
        return ConfigProblem(
            "bad_programme",
            f"{path} is no roll-out programme.",
            why=why,
            fix="Mend it; tuneworthy programme show --print prints the one in force.",
        )

    return own_file.read(path, make, "tuneworthy programme show --print", refuse)


def state(runtime: Runtime) -> ProgrammeState:
    """Every phase with its criteria as they stand now."""
    facts = ProgrammeFacts(
        evidence=duties.counted(runtime),
        open_gates=frozenset(one.gate for one in gates.states(runtime) if one.open),
        roles=frozenset(
            role for one in people.everyone(runtime) if one.active for role in one.roles
        ),
        duties=duties.summary(runtime),
        projects=_in_production(runtime),
        now=runtime.clock.now(),
    )
    return programme_state(in_force(runtime), facts)


def _in_production(runtime: Runtime) -> int:
    """Projects of this ledger whose route answers with a tuned version."""
    served = [runtime.store.get(ServingManifest, one.production) for one in _routes(runtime)]
    return sum(manifest is not None and bool(manifest.adapter) for manifest in served)


def _routes(runtime: Runtime) -> list[Route]:
    return runtime.store.list(Route)
