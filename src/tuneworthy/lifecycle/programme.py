"""Where a roll-out programme stands, from the ledger alone."""

from tuneworthy.config.text_file import read_text
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
from tuneworthy.lifecycle import duties, gates, people
from tuneworthy.lifecycle.wiring import Runtime

PROGRAMME = "programme.toml"
"""A project's own phases, beside the project file; without it the product's count."""


def in_force(runtime: Runtime) -> Programme:
    """The phases of the project. Raises ConfigProblem for a file that is no programme."""
    path = runtime.folder / PROGRAMME
    if not path.exists():
        return load_programme()
    try:
        return read_programme(read_text(path, "tuneworthy programme show --print"))
    except ValueError as fault:
        raise ConfigProblem(
            "bad_programme",
            f"{path} is no roll-out programme.",
            why=str(fault).splitlines()[0],
            fix="tuneworthy programme show --print > programme.toml gives one to start from.",
        ) from fault


def text(runtime: Runtime) -> str:
    """The file in force, to start another from. Raises ConfigProblem."""
    in_force(runtime)
    path = runtime.folder / PROGRAMME
    return path.read_text(encoding="utf-8") if path.exists() else shipped_programme()


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
