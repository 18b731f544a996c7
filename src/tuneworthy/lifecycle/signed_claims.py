"""Whether signed claims were signed by their signer, and by one who may sign them."""

from collections.abc import Mapping, Sequence

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.document import DOCUMENT, signing_role
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.people import Person
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.signing import verify_envelope


def forged(runtime: Runtime, evidence: Sequence[Evidence]) -> set[str]:
    """The ids of signed claims that their signer did not sign."""
    known = people.by_every_key(runtime)
    return {item.id for item in evidence if item.signer and not _signed_once(item, known)}


def _signed_once(item: Evidence, known: Mapping[str, Sequence[Person]]) -> bool:
    """Whether a claim was signed by the person it names, with a key that is theirs or was."""
    return any(_signed(item, {one.id: one}) for one in known.get(item.signer, ()))


def unfit(runtime: Runtime, evidence: Sequence[Evidence]) -> set[str]:
    """The ids of documents whose signer holds no role that may sign them."""
    known = {person.id: person for person in people.everyone(runtime)}
    return {item.id for item in evidence if item.signer and not _fit(item, known)}


def stands(item: Evidence, known: Mapping[str, Person]) -> bool:
    """Whether a claim was signed by the person it names, who may sign it."""
    return _signed(item, known) and _fit(item, known)


def _fit(item: Evidence, known: Mapping[str, Person]) -> bool:
    roles = known[item.signer].roles if item.signer in known else ()
    name = item.about.removeprefix(DOCUMENT)
    return not item.about.startswith(DOCUMENT) or signing_role(name, roles) is not None


def _signed(item: Evidence, known: Mapping[str, Person]) -> bool:
    """Whether a document's signature is by its signer, over its very bytes, name and project."""
    try:
        statement = verify_envelope(
            item.result["envelope"], known[item.signer].public_key, keyid=item.signer
        )
        (subject,) = statement["subject"]
        named = (f"document.{subject['name']}", "sha256:" + subject["digest"]["sha256"])
        project = statement["predicate"]["project"]
    except (IntegrityProblem, LookupError, TypeError, ValueError):
        return False
    return (*named, project) == (item.about, item.result.get("sha256"), item.project)
