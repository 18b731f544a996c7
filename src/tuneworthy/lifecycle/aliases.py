"""Names of model versions: two that follow the traffic, and people's own."""

import re

from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.alias import CANDIDATE, CHAMPION, Alias
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.lifecycle import training
from tuneworthy.lifecycle.wiring import Runtime

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def named(runtime: Runtime) -> dict[str, str]:
    """Every alias with the version that it means now."""
    own = {a.name: a.version for a in runtime.store.list(Alias) if a.project == runtime.project.id}
    # No row can say what the traffic says, whoever wrote it.
    given = {name: version for name, version in own.items() if name not in (CHAMPION, CANDIDATE)}
    return given | _of_traffic(runtime)


def _of_traffic(runtime: Runtime) -> dict[str, str]:
    """``champion`` and ``candidate``, from where the route points: no row says otherwise."""
    route = runtime.store.get(Route, runtime.project.id)
    pointers = {CHAMPION: route.production, CANDIDATE: route.canary} if route else {}
    manifests = {name: runtime.store.get(ServingManifest, id_) for name, id_ in pointers.items()}
    found = {name: m.version for name, m in manifests.items() if m is not None and m.adapter}
    newest = runtime.head.version
    if CANDIDATE not in found and newest and newest != found.get(CHAMPION):
        found[CANDIDATE] = newest
    return found


def resolve(runtime: Runtime, name: str) -> ModelVersion:
    """The version with this id or alias. Raises ConfigProblem."""
    versions = {version.id: version for version in training.versions(runtime)}
    aliases = named(runtime)
    found = versions.get(name) or versions.get(aliases.get(name, ""))
    if found is None:
        known = ", ".join([*aliases, *versions]) or "none yet; tuneworthy train start"
        raise ConfigProblem(
            "no_version", f"There is no model version '{name}'.", fix=f"Known: {known}"
        )
    return found


def give(runtime: Runtime, name: str, version: str) -> Alias:
    """Let a name mean a version from now on, by compare-and-swap.

    Raises UsageProblem for a name that cannot be given, ConfigProblem for an unknown version,
    ConflictProblem when somebody else gave the name at the same moment.
    """
    if name in (CHAMPION, CANDIDATE):
        raise UsageProblem(
            "alias_follows_traffic",
            f"'{name}' always means what the traffic says; it cannot be given.",
            fix="Choose another name, or move the traffic: tuneworthy serve canary",
        )
    if not _NAME.fullmatch(name) or name in {v.id for v in training.versions(runtime)}:
        raise UsageProblem(
            "bad_alias",
            f"'{name}' cannot be an alias.",
            fix="Lower-case letters, digits, - and _, and not the id of a version.",
        )
    id_ = f"{runtime.project.id}/{name}"
    generation = runtime.store.generation(Alias, id_)
    before = runtime.store.get(Alias, id_)
    meant = resolve(runtime, version)
    alias = Alias(
        id=id_,
        project=runtime.project.id,
        name=name,
        version=meant.id,
        created_at=runtime.now(),
    )
    facts = {"before": before.version if before else "", "after": meant.id}
    with runtime.change("alias.give", ("alias", id_, ""), **facts) as change:
        change.put(alias, expect=generation)
    return alias
