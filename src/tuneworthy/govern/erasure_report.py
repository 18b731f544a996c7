"""The signed report of an erasing: a DSSE envelope over everything else that it says."""

from typing import Any

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.erasure import Erasure
from tuneworthy.core.nouns.people import Person
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.signing import (
    STATEMENT_TYPE,
    PrivateKey,
    sign_statement,
    verify_envelope,
)

PREDICATE_TYPE = "https://tuneworthy.dev/erasure/v1"


def signed(report: Erasure, private_pem: PrivateKey) -> Erasure:
    """The report with its person's signature. Raises UsageProblem for a bad key."""
    facts = _facts(report)
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {
                "name": f"{report.project}/erasure/{report.id}",
                "digest": {"sha256": digest(facts).removeprefix("sha256:")},
            }
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": facts,
    }
    return report.model_copy(
        update={"envelope": sign_statement(statement, private_pem, report.person)}
    )


def report_fault(report: Erasure, person: Person) -> str:
    """Why a finished report is not what its person signed; empty when it is."""
    try:
        statement = verify_envelope(report.envelope, person.public_key, keyid=person.id)
    except IntegrityProblem as problem:
        return problem.why
    if statement.get("predicateType") != PREDICATE_TYPE:
        return "what was signed is no report of an erasing"
    if statement.get("predicate") != _facts(report):
        return "its fields are not what was signed"
    return ""


def _facts(report: Erasure) -> dict[str, Any]:
    return report.model_dump(mode="json", exclude={"envelope"})
