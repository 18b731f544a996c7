"""Opens envelopes (DSSE v1, in-toto) that people or the product signed."""

from typing import Any

from tuneworthy.govern.verifier.forms import Fault, parse
from tuneworthy.govern.verifier.notes import decode
from tuneworthy.govern.verifier.passkeys import key_verifies

PAYLOAD = "application/vnd.in-toto+json"


def open_envelope(envelope: dict[str, Any], key: str, keyid: str) -> Any:
    """The statement that an envelope holds, signed by a key (hex, or a passkey). Raises Fault."""
    if set(envelope) != {"payload", "payloadType", "signatures"}:
        raise Fault("an envelope with other fields")
    if envelope["payloadType"] != PAYLOAD or len(envelope["signatures"]) != 1:
        raise Fault("an envelope of another kind")
    (entry,) = envelope["signatures"]
    if entry["keyid"] != keyid:
        raise Fault("an envelope under another key's name")
    payload = decode(envelope["payload"])
    signed = b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)
    if not key_verifies(key, entry, signed):
        raise Fault("a signature that is not over these bytes")
    return parse(payload, "a signed statement")
