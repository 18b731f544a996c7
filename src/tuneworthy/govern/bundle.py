"""The exact evidence a gate looks at, gathered so that nobody can choose the flattering part."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Bundle, GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.govern.policy import IF_ANY, Policy, Requirement
from tuneworthy.methods.canonical import digest

_VERSION_PARTS = ("base", "adapter", "tokenizer", "template", "prompt", "dataset")


TAMPERED = "the evidence is not what its digest says"
"""A fault from which there is no exception."""

NONE: Mapping[str, str] = {}


def version_digest(version: ModelVersion) -> str:
    """What Proof and Release decide on: all that answers a request, and the data behind it."""
    return digest(version.model_dump(include=set(_VERSION_PARTS)))


def bundle_digest(bundle: Bundle) -> str:
    """What people sign."""
    return digest(bundle)


def make_bundle(
    gate: GateName,
    project: str,
    subject: str,
    evidence: Sequence[Evidence],
    policy: Policy,
    *,
    current: Mapping[str, str],
    now: datetime,
    exceptions: Mapping[str, str] = NONE,
) -> Bundle:
    """For every requirement the newest live evidence about the current digests, or what is missing.

    The newest evidence decides, also when an older one said something better.

    Args:
        gate: Which gate.
        project: The project's id; evidence of others is left out.
        subject: The digest the gate decides on; empty when there is none yet.
        evidence: Everything the ledger holds, oldest first.
        policy: What the gates require.
        current: The digests of ``dataset``, ``suite`` and ``model`` that stand now, and of
            ``suites`` and ``incumbent``, the model together with every declared suite and with the
            version in production, where there is any; ``canaries`` is the model where any were
            planted in its training rows.
        now: The present moment, for evidence that goes stale.
        exceptions: Evidence that the gate does without for now, to the id of the exception.
    """
    digests = {**current, "project": project, policy.gates[gate].subject: subject}
    own = [item for item in evidence if item.project == project]
    met: dict[str, str] = {}
    missing = [] if subject else [f"subject: there is no {policy.gates[gate].subject} yet"]
    for requirement in policy.gates[gate].requires:
        if requirement.subject in IF_ANY and not digests.get(requirement.subject):
            continue
        found = _newest(requirement, own, digests.get(requirement.subject, ""))
        fault = _fault(requirement, found, now)
        if found is not None and not fault:
            met[requirement.about] = found.id
        elif subject and fault != TAMPERED and requirement.about in exceptions:
            met[requirement.about] = exceptions[requirement.about]
        else:
            missing.append(f"{requirement.about}: {fault}")
    return Bundle(gate=gate, project=project, subject=subject, evidence=met, missing=tuple(missing))


def _newest(requirement: Requirement, own: Sequence[Evidence], subject: str) -> Evidence | None:
    about = [e for e in own if e.about == requirement.about and subject in e.subjects]
    # Of two with the same stamp the later in the ledger is the newer; max would give the earlier.
    return sorted(about, key=lambda e: _moment(e.created_at))[-1] if subject and about else None


def _fault(requirement: Requirement, found: Evidence | None, now: datetime) -> str:
    """Why evidence does not meet a requirement, in words; empty when it does."""
    if found is None:
        return f"no evidence about the current {requirement.subject}"
    if digest(found.model_dump(mode="json", exclude={"id"})) != found.id:
        return TAMPERED
    if found.grade.cap < requirement.grade.cap:
        return f"is {found.grade.value}, must be {requirement.grade.value}"
    if requirement.signed and not found.signer:
        return "nobody signed it"
    days = found.stale_after_days
    if days is not None and now - _moment(found.created_at) > timedelta(days=days):
        return f"older than {days} days"
    return requirement.unmet(found.result)


def _moment(stamp: str) -> datetime:
    moment = datetime.fromisoformat(stamp)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
