"""Who may sign which document: the one table that signing, counting and the pages read."""

from collections.abc import Collection

from tuneworthy.core.nouns.people import Role

DOCUMENT = "document."
"""What the facts about documents begin with."""

SIGNERS: dict[str, tuple[Role, ...]] = {
    "base_model_compute": (Role.TECHNICAL_OWNER, Role.COMPLIANCE_REVIEWER),
    "blind_review": (Role.REVIEW_LEAD,),
    "break_even": (Role.BUSINESS_OWNER,),
    "compliance_memo": (Role.COMPLIANCE_REVIEWER,),
    "general_ability_review": (Role.REVIEW_LEAD,),
    "incident_contacts": (Role.TECHNICAL_OWNER,),
    "incident_workflow": (Role.MODEL_OWNER,),
    "label_audit": (Role.REVIEW_LEAD,),
    "labelling_guide": (Role.ANNOTATION_OWNER, Role.DATA_STEWARD, Role.REVIEW_LEAD),
    "override_review": (Role.REVIEW_LEAD,),
    "policy": (Role.COMPLIANCE_REVIEWER, Role.GOVERNANCE_OWNER),
    "quarterly_review": (Role.BUSINESS_OWNER, Role.GOVERNANCE_OWNER),
    "red_team_review": (Role.REVIEW_LEAD,),
    "retention_class": (Role.COMPLIANCE_REVIEWER,),
    "retrieval_waiver": (Role.BUSINESS_OWNER, Role.MODEL_OWNER),
    "safety_review": (Role.REVIEW_LEAD, Role.COMPLIANCE_REVIEWER),
    "segment_review": (Role.REVIEW_LEAD,),
    "single_model_waiver": (Role.BUSINESS_OWNER, Role.MODEL_OWNER),
}
"""Document to the roles of which its signer must hold one, the accountable one first."""


def signing_role(document: str, roles: Collection[Role]) -> Role | None:
    """The role in which somebody signs a document; None when they may not.

    A document that only a company's own rubric asks for may be signed in any role.

    Args:
        document: Its name, without ``document.``.
        roles: What the signer holds.
    """
    fitting = SIGNERS.get(document, tuple(roles))
    return next((role for role in fitting if role in roles), None)


def signers(document: str) -> str:
    """The roles that may sign a document, in words."""
    names = [role.value.replace("_", " ") for role in SIGNERS.get(document, ())]
    return " or ".join(names) or "anybody who holds a role"
