"""What a pack's own check of passkeys costs, and whether it says what others say.

    python bench/govern/passkeys.py [WYCHEPROOF]

WYCHEPROOF is a checkout of github.com/C2SP/wycheproof; without it that part is left out.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 40
FILES = {"ES256": "ecdsa_secp256r1_sha256_test.json", "EdDSA": "ed25519_test.json"}


def main(wycheproof: str = "") -> dict[str, Any]:
    """Measure, and print what came of it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    found: dict[str, Any] = {}
    for kind in FILES:
        if wycheproof:
            found[f"{kind} wycheproof"] = _vectors(kind, Path(wycheproof))
        found[f"{kind} bits"] = _bits(kind)
        found[f"{kind} cpu"] = _cost(kind)
    for name, text in found.items():
        print(f"{name:20}{text}")
    return found


def _vectors(kind: str, folder: Path) -> str:
    from tuneworthy.govern.verifier.ed25519 import ed25519_verifies
    from tuneworthy.govern.verifier.p256 import p256_verifies

    groups = json.loads((folder / "testvectors_v1" / FILES[kind]).read_text("utf-8"))["testGroups"]
    same = total = 0
    for group in groups:
        for case in group["tests"]:
            said, signed = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
            key = group["publicKey"]
            if kind == "EdDSA":
                holds = ed25519_verifies(bytes.fromhex(key["pk"]), signed, said)
            else:
                point = bytes.fromhex(key["uncompressed"])
                holds = p256_verifies(point[1:33], point[33:], signed, said)
            total += 1
            same += holds is (case["result"] == "valid")
    return f"{same} of {total} vectors as published"


def _signed(kind: str) -> tuple[Any, dict[str, Any]]:
    from tests.fakes.authenticator import EDDSA, ES256, Authenticator
    from tuneworthy.methods.signing import STATEMENT_TYPE, passkey_challenge, passkey_envelope

    key = Authenticator(EDDSA if kind == "EdDSA" else ES256)
    statement = {"_type": STATEMENT_TYPE, "subject": [], "predicateType": "urn:x", "predicate": {}}
    return key, passkey_envelope(statement, key.assertion(passkey_challenge(statement)), "ann")


def _bits(kind: str) -> str:
    """Every bit of one answer flipped, at both verifiers."""
    from tuneworthy.core.errors import IntegrityProblem
    from tuneworthy.govern.verifier.envelopes import open_envelope
    from tuneworthy.govern.verifier.forms import Fault
    from tuneworthy.methods.passkey import from_base64url, to_base64url
    from tuneworthy.methods.signing import verify_envelope

    key, envelope = _signed(kind)
    (entry,) = envelope["signatures"]
    tried = ours = pack = 0
    for name in ("sig", "authenticatorData", "clientDataJSON"):
        whole = from_base64url(entry[name])
        for bit in range(len(whole) * 8):
            flipped = bytearray(whole)
            flipped[bit // 8] ^= 1 << bit % 8
            other = {**envelope, "signatures": [{**entry, name: to_base64url(bytes(flipped))}]}
            tried += 1
            ours += _accepts(lambda e=other: verify_envelope(e, key.text, keyid="ann"),
                             IntegrityProblem)  # fmt: skip
            pack += _accepts(lambda e=other: open_envelope(e, key.text, "ann"), Fault)
    return f"{tried} bits flipped, accepted: {ours} by the product, {pack} by the pack's program"


def _accepts(check: Callable[[], Any], refusal: type[Exception]) -> bool:
    try:
        check()
    except refusal:
        return False
    return True


def _cost(kind: str) -> str:
    from tuneworthy.govern.verifier.envelopes import open_envelope
    from tuneworthy.methods.signing import verify_envelope

    key, envelope = _signed(kind)
    ours = _milliseconds(lambda: verify_envelope(envelope, key.text, keyid="ann"))
    pack = _milliseconds(lambda: open_envelope(envelope, key.text, "ann"))
    return (
        f"CPU ms a check, median of {ROUNDS} (quartiles): product {ours[1]:.2f} "
        f"({ours[0]:.2f}-{ours[2]:.2f}), pack's program {pack[1]:.1f} ({pack[0]:.1f}-{pack[2]:.1f})"
    )


def _milliseconds(work: Callable[[], Any]) -> list[float]:
    spent = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        spent.append(1000 * (time.process_time() - began))
    return statistics.quantiles(spent, n=4)


if __name__ == "__main__":
    main(*sys.argv[1:2])
