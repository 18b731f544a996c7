"""The version in production, which a new candidate must not fall behind."""

from typing import NamedTuple

from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


class Incumbent(NamedTuple):
    """A version that takes live traffic, or took it before the current one."""

    version: ModelVersion
    manifest: ServingManifest


def incumbent(runtime: Runtime) -> Incumbent | None:
    """The version in production; once that is the current one, the version that it replaced.

    So what a candidate was compared with does not change when it is promoted. None while the bare
    base answers.
    """
    route = runtime.store.get(Route, runtime.project.id)
    for id_ in (route.production, route.previous) if route else ():
        manifest = runtime.store.get(ServingManifest, id_) if id_ else None
        version = runtime.store.get(ModelVersion, manifest.version) if manifest else None
        if manifest is None or version is None:
            return None
        if version.id != runtime.head.version:
            return Incumbent(version, manifest)
    return None


def standing(runtime: Runtime) -> str:
    """Digest of the current model, suite and incumbent together; empty where there is none.

    Evidence about it is about this model against this version on these cases and no others.
    """
    found = incumbent(runtime)
    head = runtime.head
    if found is None or not head.model:
        return ""
    other = version_digest(found.version)
    return digest({"model": head.model, "suite": head.suite, "incumbent": other})


def followed(runtime: Runtime) -> str:
    """The route, where the current version is to follow another one on it; else empty.

    It is empty once the current version is a canary or in production. What must stand before it
    is let in does not throw it out: an old drill or a silent monitor takes no answer from anybody.
    """
    route = runtime.store.get(Route, runtime.project.id)
    if route is None or incumbent(runtime) is None:
        return ""
    for id_ in (route.canary, route.production):
        manifest = runtime.store.get(ServingManifest, id_) if id_ else None
        if manifest is not None and manifest.version == runtime.head.version:
            return ""
    return route.id
