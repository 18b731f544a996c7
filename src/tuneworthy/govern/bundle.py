"""The exact evidence a gate looks at, gathered so that nobody can choose the flattering part."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tuneworthy.core.clock import stamped, time_doubt
from tuneworthy.core.nouns.evidence import ANY_SUBJECT, Evidence
from tuneworthy.core.nouns.gate import Bundle, GateName
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.govern.policy import IF_ANY, UNSIGNED, Policy, Requirement
from tuneworthy.methods.canonical import digest, short

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
    lost: Mapping[str, str] = NONE,
) -> Bundle:
    """For every requirement the newest live evidence about the current digests, or what is missing.

    The newest evidence decides, also when an older one said something better. What is dated after
    now meets no requirement; recorded after the one that counts, it can still speak against it.
    Nor does the newest meet one when the bytes it was found in are lost: an older one does not
    come back in its place.

    Args:
        gate: Which gate.
        project: The project's id; evidence of others is left out.
        subject: The digest the gate decides on; empty when there is none yet.
        evidence: Everything the ledger holds, oldest first.
        policy: What the gates require.
        current: The digests of ``dataset``, ``suite`` and ``model`` that stand now, and of
            ``suites`` and ``incumbent``, the model together with every declared suite and with the
            version in production, where there is any; ``canaries`` is the model where any were
            planted in its training rows, ``route`` the route where the model is to follow another
            one on it.
        now: The present moment, for evidence that goes stale.
        exceptions: Evidence that the gate does without for now, to the id of the exception.
        lost: Evidence whose bytes are lost or changed, by id, to what is known of that.
    """
    met: dict[str, str] = {}
    missing = [] if subject else [f"subject: there is no {policy.gates[gate].subject} yet"]
    for requirement, about in _asked(gate, project, subject, evidence, policy, current):
        found = _found(about, now)
        fault = _fault(requirement, found, now, lost)
        if found.newest is not None and not fault:
            if requirement.subject not in UNSIGNED:
                met[requirement.about] = found.newest.id
        elif subject and fault != TAMPERED and requirement.about in exceptions:
            met[requirement.about] = exceptions[requirement.about]
        else:
            missing.append(f"{requirement.about}: {fault}")
    return Bundle(gate=gate, project=project, subject=subject, evidence=met, missing=tuple(missing))


def out_of_time(
    gate: GateName,
    project: str,
    subject: str,
    evidence: Sequence[Evidence],
    policy: Policy,
    *,
    current: Mapping[str, str],
    now: datetime,
) -> tuple[str, ...]:
    """Evidence that a gate asks for and that does not count for its time stamp, each with why.

    The arguments are those of ``make_bundle``.
    """
    return tuple(
        f"{item.about} ({short(item.id)}): {time_doubt(item.created_at, now)}"
        for _, about in _asked(gate, project, subject, evidence, policy, current)
        for item in about
        if time_doubt(item.created_at, now)
    )


def not_asked(gate: GateName, policy: Policy, current: Mapping[str, str]) -> tuple[str, ...]:
    """Evidence that the policy names and the gate does not ask for now, each with when it does.

    ``current`` is that of ``make_bundle``.
    """
    return tuple(
        f"{one.about}: {IF_ANY[one.subject]}"
        for one in policy.gates[gate].requires
        if one.subject in IF_ANY and not current.get(one.subject)
    )


class _Found(NamedTuple):
    """The newest evidence about one thing, and what was recorded after it with a doubtful time."""

    newest: Evidence | None
    doubtful: Evidence | None


def _asked(
    gate: GateName,
    project: str,
    subject: str,
    evidence: Sequence[Evidence],
    policy: Policy,
    current: Mapping[str, str],
) -> Iterator[tuple[Requirement, list[Evidence]]]:
    """Every requirement that holds for the project now, with all that is on record about it."""
    digests = {**current, "project": project, policy.gates[gate].subject: subject}
    own = [item for item in evidence if item.project == project]
    for requirement in policy.gates[gate].requires:
        wanted = digests.get(requirement.subject, "")
        if wanted or requirement.subject not in IF_ANY:
            asked = {wanted, ANY_SUBJECT}
            same = [e for e in own if e.about == requirement.about and asked & set(e.subjects)]
            yield requirement, same if wanted else []


def _found(about: Sequence[Evidence], now: datetime) -> _Found:
    # Of two with the same stamp the later in the ledger is the newer; max would give the earlier.
    counted = [item for item in about if not time_doubt(item.created_at, now)]
    newest = sorted(counted, key=lambda item: _moment(item.created_at))[-1] if counted else None
    after = about[about.index(newest) + 1 :] if newest else about
    doubtful = [item for item in after if time_doubt(item.created_at, now)]
    return _Found(newest, doubtful[-1] if doubtful else None)


def _fault(requirement: Requirement, found: _Found, now: datetime, lost: Mapping[str, str]) -> str:
    """Why evidence does not meet a requirement, in words; empty when it does."""
    against = _against(requirement, found.doubtful, now)
    if found.newest is None:
        why = found.doubtful and time_doubt(found.doubtful.created_at, now)
        none = f"no evidence about the current {requirement.subject}"
        return against or (f"{none} counts: {why}" if why else none)
    if found.newest.id in lost:
        return f"{lost[found.newest.id]}; record it again"
    return _unfit(requirement, found.newest, now) or against


def _unfit(requirement: Requirement, found: Evidence, now: datetime) -> str:
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


def _against(requirement: Requirement, doubtful: Evidence | None, now: datetime) -> str:
    """What evidence of a doubtful time says against; it proves nothing that is in favour."""
    if doubtful is None:
        return ""
    if digest(doubtful.model_dump(mode="json", exclude={"id"})) != doubtful.id:
        return TAMPERED
    unmet = requirement.unmet(doubtful.result)
    return f"{unmet}; {time_doubt(doubtful.created_at, now)}" if unmet else ""


def _moment(stamp: str) -> datetime:
    return stamped(stamp) or datetime.max.replace(tzinfo=UTC)
