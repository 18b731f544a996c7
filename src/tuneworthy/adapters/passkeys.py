"""Passkeys by py_webauthn: what a browser is asked, and the reading of a new credential.

What is signed later is checked by ``methods.passkey``, which the audit pack's own program repeats.
"""

import json
from typing import Any

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_registration_response,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.methods.passkey import Passkey, read_passkey

_ALGORITHMS = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
_SELECTION = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED,
    user_verification=UserVerificationRequirement.REQUIRED,
)


def creation_options(
    rp_id: str, rp_name: str, person: str, name: str, challenge: bytes, known: list[bytes]
) -> dict[str, Any]:
    """``publicKey`` of ``navigator.credentials.create``; ``known`` are credentials to leave out."""
    options = generate_registration_options(
        rp_id=rp_id,
        rp_name=rp_name,
        user_id=person.encode(),
        user_name=person,
        user_display_name=name,
        challenge=challenge,
        authenticator_selection=_SELECTION,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=id_) for id_ in known],
        supported_pub_key_algs=_ALGORITHMS,
    )
    return dict(json.loads(options_to_json(options)))


def request_options(rp_id: str, challenge: bytes, credentials: list[bytes]) -> dict[str, Any]:
    """``publicKey`` of ``navigator.credentials.get``.

    With no credentials the browser offers those that it has itself for this site.
    """
    options = generate_authentication_options(
        rp_id=rp_id,
        challenge=challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=id_) for id_ in credentials],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


def read_new(
    response: dict[str, Any], challenge: bytes, rp_id: str, origin: str
) -> tuple[str, int]:
    """The text of a new passkey's public half, and its counter.

    Args:
        response: The new credential's ``toJSON()``.
        challenge: What the options asked for.
        rp_id: Whom it is for.
        origin: Where it must have been made.

    Raises:
        IntegrityProblem: It answers something else, nobody was checked, or it is of another kind.
    """
    try:
        made = verify_registration_response(
            credential=response,
            expected_challenge=challenge,
            expected_rp_id=rp_id,
            expected_origin=origin,
            require_user_verification=True,
            supported_pub_key_algs=_ALGORITHMS,
        )
        text = Passkey(rp_id, made.credential_id, made.credential_public_key, origin).text
        return read_passkey(text).text, made.sign_count
    except (WebAuthnException, ValueError, LookupError, TypeError, AttributeError) as fault:
        raise IntegrityProblem(
            "passkey_refused",
            "The new passkey is not accepted.",
            why=f"{str(fault).rstrip('.')[:200]}.",
            fix="Make it again on this site, on a device that checks who you are.",
        ) from fault
