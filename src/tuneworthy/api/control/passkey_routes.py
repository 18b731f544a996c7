"""Passkeys: made, used to sign in, and used to sign what a person decides.

What a person signs is checked by their device at that very moment, and so takes no fresh sign-in.
"""

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from tuneworthy.api.control.session_routes import told
from tuneworthy.api.control.visit import Endpoint, Made, Visit
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.govern import Action

_FILES = frozenset({"attest", "record_residual"})
"""What is signed over a file of the project's own machine: by the SDK alone."""


def listed(visit: Visit) -> Made:
    """Passkeys that people made and that are nobody's key yet."""
    return Made({"offers": visit.workspace.passkey_offers()})


def ask_new(visit: Visit) -> Made:
    """What ``navigator.credentials.create`` is asked for a passkey of one's own."""
    return Made({"publicKey": visit.workspace.ask_passkey(visit.person.person, _site(visit))})


def offer(visit: Visit) -> Made:
    """``{"response"}``: keep the new passkey, until two others make it this person's key."""
    made = visit.workspace.offer_passkey(visit.person.person, _site(visit), _response(visit))
    return Made({"offer": made}, 201)


def ask_sign_in(visit: Visit) -> Made:
    """What ``navigator.credentials.get`` is asked to sign in."""
    return Made({"publicKey": visit.workspace.ask_passkey_sign_in(_site(visit))})


def sign_in(visit: Visit) -> Made:
    """``{"response"}``: a new session for the passkey's person."""
    begun = visit.workspace.sign_in_with_passkey(
        _site(visit), _response(visit), replaces=visit.token
    )
    return Made(told(begun.session, begun.token, visit), 201, begun=begun)


def start_decision(visit: Visit) -> Made:
    """``{"decision", "reason"}``: the statement over a gate's evidence, and what to ask for it."""
    return Made(visit.workspace.start_signing("decide_gate", **_decision(visit)))


def decide(visit: Visit) -> Made:
    """``{"decision", "reason", "started_at", "response"}``: the signed decision."""
    made = visit.workspace.finish_signing(
        "decide_gate", visit.text("started_at"), _response(visit), **_decision(visit)
    )
    return Made({"approval": made}, 201)


def start_signing(visit: Visit) -> Made:
    """``{"said"}``: the statement of any verb that people sign, and what to ask for it."""
    verb, said = _verb(visit)
    return Made(visit.workspace.start_signing(verb, **said))


def sign(visit: Visit) -> Made:
    """``{"said", "started_at", "response"}``: what the verb made of it."""
    verb, said = _verb(visit)
    made = visit.workspace.finish_signing(verb, visit.text("started_at"), _response(visit), **said)
    return Made({"signed": made}, 201)


def _site(visit: Visit) -> str:
    """The page's origin. A number is no name of a site, so this machine is ``localhost``."""
    return visit.origin.replace("http://127.0.0.1:", "http://localhost:", 1)


def _response(visit: Visit) -> dict[str, Any]:
    given = visit.body.get("response")
    if not isinstance(given, dict):
        raise UsageProblem(
            "invalid_request",
            "`response` (object) is needed.",
            fix='Send {"response": credential.toJSON(), ...}',
        )
    return given


def _decision(visit: Visit) -> dict[str, Any]:
    return _fitting(
        visit.workspace.decide_gate,
        {
            "gate": visit.named["gate"],
            "person": visit.person.person,
            "reason": visit.text("reason"),
            "decision": visit.text("decision", "approve"),
        },
    )


def _verb(visit: Visit) -> tuple[str, dict[str, Any]]:
    """The verb and its arguments, in the name of the session's person and of nobody else."""
    verb = visit.named["verb"]
    signers = visit.workspace.signed_by_passkey()
    known = set(signers) - _FILES
    if verb not in known:
        raise UsageProblem(
            "not_signed_by_passkey",
            f"'{verb[:80]}' is not signed here.",
            fix="One of: " + ", ".join(sorted(known)),
        )
    function = getattr(visit.workspace, verb)
    said = visit.body.get("said")
    given = said if isinstance(said, dict) else {}
    return verb, _fitting(function, given | {signers[verb]: visit.person.person})


def _fitting(function: Callable[..., Any], said: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a verb, if they are all that it needs and of the right kinds."""
    hints = get_type_hints(function)
    try:
        inspect.signature(function).bind(**said)
        for name, value in said.items():
            if name == "key":
                raise ValueError("a passkey takes the place of the key file")
            TypeAdapter(hints[name]).validate_python(value)
        if "gate" in said:
            GateName(said["gate"])
    except (TypeError, ValueError, LookupError) as fault:
        raise UsageProblem(
            "invalid_request",
            "What is to be signed does not fit.",
            why=str(fault).splitlines()[0],
            fix="Give the arguments that the verb has in the reference of the SDK.",
        ) from fault
    return said


ROUTES = (
    Endpoint("GET", "/control/passkeys", listed),
    Endpoint("POST", "/control/passkeys/options", ask_new, fresh=True),
    Endpoint("POST", "/control/passkeys", offer, action=Action.REGISTER, fresh=True),
    Endpoint("POST", "/control/session/passkey/options", ask_sign_in, open=True),
    Endpoint("POST", "/control/session/passkey", sign_in, open=True),
    Endpoint("POST", "/control/gates/{gate}/decision/options", start_decision),
    Endpoint("POST", "/control/gates/{gate}/decision", decide),
    Endpoint("POST", "/control/sign/{verb}/options", start_signing),
    Endpoint("POST", "/control/sign/{verb}", sign),
)
