"""What a gateway needs to know, as plain facts; made by the lifecycle, read by the gateway."""

from typing import ClassVar

from pydantic import Field

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.nouns.suite import Arm


class ServingPermit(Part):
    """Whether a manifest may take traffic now; if not, which gate is shut and what to type."""

    ok: bool
    damaged: bool = False
    """Whether the weights are not those that were approved."""
    gate: str = ""
    message: str = ""
    fix: str = ""


class ServingState(Part):
    """Routes, manifests and permits as they stand now."""

    routes: tuple[Route, ...]
    manifests: tuple[ServingManifest, ...]
    permits: dict[str, ServingPermit]
    prompts: dict[str, Arm]
    """Manifest id to the prompt that its model was trained or judged with."""
    quarantined: tuple[str, ...] = ()
    """Versions that are in quarantine."""
    generations: dict[str, int] = Field(default_factory=dict)
    """Route id to how often the route was written."""


class RolloutMemory(Noun):
    """The rollout engine's own state, kept between looks; ``id`` is the rollout's."""

    kind: ClassVar[str] = "rollout_memory"
    state: str
    """JSON of the engine's state."""
