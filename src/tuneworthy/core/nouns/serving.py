"""What the gateway serves, how traffic is divided, and what it records."""

from typing import ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part


class ServingManifest(Noun):
    """Everything that stands behind a response; its ``id`` (a digest) goes into each one."""

    kind: ClassVar[str] = "serving_manifest"
    route: str
    version: str
    base: str
    adapter: str
    tokenizer: str
    template: str
    dataset: str
    training_run: str
    approvals: tuple[str, ...]
    """Approval ids of the gates that were open when this manifest was made."""
    created_at: str


class Route(Noun):
    """A public model name and who answers it. ``id`` is the name clients ask for."""

    kind: ClassVar[str] = "route"
    production: str
    """Serving-manifest id of the version in production; the rollback target."""
    canary: str = ""
    canary_percent: float = 0.0
    salt: str
    previous: str = ""
    """Serving-manifest id that was in production before."""


class StageResult(Part):
    """What was seen in one stage of a rollout."""

    percent: float
    control_requests: int
    canary_requests: int
    e_value_harm: float
    e_value_promote: float
    outcome: Literal["running", "passed", "rolled_back", "held"]
    cause: str = ""


class Rollout(Noun):
    """A staged rollout with every stage's numbers and its end."""

    kind: ClassVar[str] = "rollout"
    route: str
    candidate: str
    """Serving-manifest id."""
    control: str
    stages: tuple[float, ...]
    results: tuple[StageResult, ...] = ()
    state: Literal["running", "promoted", "rolled_back", "held"] = "running"
    cause: str = ""
    drill: bool = False
    created_at: str
    accelerated: bool = False


class Interaction(Part):
    """One request and its response as the gateway saw them. Times in seconds, UTC ISO stamps."""

    id: str
    route: str
    manifest: str
    arm: Literal["production", "canary", "shadow"]
    sticky_key: str
    sticky: bool
    created_at: str
    status: int
    stream: bool
    seconds: float
    first_token_seconds: float | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    attempt: int = 0
    generation: int = 0
    """Generation of the route that the request came in under; 0 where that was not recorded."""
    request: str
    """The request body (JSON text)."""
    response: str
    """The answer's text (joined when streamed)."""
    cut: bool = False
    """Whether the answer ended at a limit or a filter, and not by itself."""
    error: str = ""


class Stamp(Part):
    """When a response was given, by which manifest, in which arm."""

    manifest: str
    arm: str
    created_at: str


class Feedback(Part):
    """What somebody said of a response later: 1 good, 0 bad, and why."""

    id: str
    interaction: str
    score: float
    source: Literal["user", "override", "check"]
    comment: str = ""
    created_at: str
