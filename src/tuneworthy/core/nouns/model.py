"""A version of a model and the states it can be in."""

from enum import StrEnum
from typing import ClassVar

from tuneworthy.core.nouns.base import Noun


class ModelState(StrEnum):
    """The states of a model version."""

    DRAFT = "draft"
    REGISTERED = "registered"
    TRAINED = "trained"
    VALIDATED = "validated"
    APPROVED = "approved"
    SHADOW = "shadow"
    CANARY = "canary"
    PRODUCTION = "production"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    ROLLED_BACK = "rolled_back"
    QUARANTINED = "quarantined"


class ModelVersion(Noun):
    """Base + adapter + tokenizer + chat template, named by digests.

    ``id`` is ``<project>-<n>``. ``adapter`` is empty for a bare base model. ``prompt`` is the
    digest of the Arm the version was trained and judged with.
    """

    kind: ClassVar[str] = "model_version"
    project: str
    state: ModelState
    base: str
    base_path: str
    adapter: str
    tokenizer: str
    template: str
    prompt: str
    dataset: str
    training_run: str
    created_at: str
