"""Requests for a gate's decision: who made one does not decide on what it is about."""

from collections.abc import Iterable, Mapping

from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import GateRequest
from tuneworthy.govern.words import word_fault


def requests_about(
    requests: Iterable[GateRequest], people: Mapping[str, Person], *, subject: str
) -> tuple[GateRequest, ...]:
    """The requests about this subject that their people signed, in the order given.

    None lapses while the subject stands: who has asked stays barred (NIST SP 800-53 Rev. 5, AC-5).
    """
    return tuple(
        one
        for one in requests
        if one.subject == subject and not word_fault(one, people.get(one.by))
    )
