"""Who takes part, in which role, with which public key."""

from enum import StrEnum
from typing import ClassVar

from tuneworthy.core.nouns.base import Noun


class Role(StrEnum):
    """The ten roles; each object has exactly one accountable person."""

    SOURCE_OWNER = "source_owner"
    DATA_STEWARD = "data_steward"
    ANNOTATION_OWNER = "annotation_owner"
    REVIEW_LEAD = "review_lead"
    TECHNICAL_OWNER = "technical_owner"
    MODEL_OWNER = "model_owner"
    BUSINESS_OWNER = "business_owner"
    GOVERNANCE_OWNER = "governance_owner"
    COMPLIANCE_REVIEWER = "compliance_reviewer"
    PLATFORM_ADMIN = "platform_admin"


WITHHELD = "name withheld"
"""Stands for the name of somebody who left and whose name was taken out."""


class Person(Noun):
    """A named person. ``public_key`` is their Ed25519 key (hex) or passkey; the rest is theirs."""

    kind: ClassVar[str] = "person"
    name: str
    roles: tuple[Role, ...]
    public_key: str
    active: bool = True
    demonstration: bool = False
    """True for people made up for a demonstration; every report says so."""
