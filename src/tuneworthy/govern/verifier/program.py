"""The program that stands in every pack as verify.py."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.pack import check_pack, check_proof

USAGE = """Checks an audit pack, or a proof of one event, with nothing but Python (3.11 or newer):
no network, no other package. Every byte of the file is accounted for.

Exit status: 0 everything holds, 3 something does not, 2 asked wrongly.
"""


def check(
    data: bytes, external: Sequence[bytes] = (), keys: Sequence[str] = (), number: int = 0
) -> dict[str, Any]:
    """What a pack or a proof shows. Raises Fault with the first thing that does not hold."""
    try:
        if data.startswith(b"{"):
            return dict(check_proof(data, external, keys))
        return check_pack(data, external, keys, number)
    except (LookupError, TypeError, ValueError, AttributeError) as fault:
        raise Fault(f"a part of it has another form than was written: {fault}") from None


def lines(found: dict[str, Any]) -> list[str]:
    """What was shown, and what was not, in words."""
    said = [f"{found['events']} events, chain and tree hold, root {found['root'][:16]}."]
    if "files" in found:
        said.append(
            f"{found['files']} files as listed, {found['evidence']} findings under their digests, "
            f"{found['signed_evidence']} of them and {found['approvals']} decisions signed by "
            f"their people's own keys, as are {found['signed_words']} words on people, exceptions "
            "and requests."
        )
        said.append(
            f"Signed checkpoints: {found['checkpoints']}, over {found['signed_events']} events."
        )
        if not found["signed_by"]:
            why = "although the log names a key that signs" if found["keys"] else "no key is known"
            said.append(f"The pack is NOT signed, {why}: whoever had it could have written it.")
    if found["external"]:
        said.append(f"The first {found['external']} events are those of the checkpoint you gave.")
    else:
        said.append(
            "NOT shown without a checkpoint kept elsewhere: that no event was cut off the end, "
            "and that history was not written anew by whoever holds the signing key."
        )
    if found["shown"]:
        said.append(json.dumps(found["shown"], indent=2, ensure_ascii=True, sort_keys=True))
    return said


def main(words: Sequence[str] | None = None) -> int:
    """Read the arguments, say what holds, and give the exit status."""
    parser = argparse.ArgumentParser(
        description=USAGE, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="the pack, or a proof of one event")
    parser.add_argument(
        "--checkpoint", type=Path, action="append", default=[], help="a checkpoint kept elsewhere"
    )
    parser.add_argument("--key", action="append", default=[], help="a verifier key you know")
    parser.add_argument("--event", type=int, default=0, help="show this event")
    parser.add_argument("--json", action="store_true", help="say it as JSON")
    given = parser.parse_args(words)
    try:
        external = [path.read_bytes() for path in given.checkpoint]
        data = given.file.read_bytes()
    except OSError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    try:
        found = check(data, external, given.key, given.event)
    except Fault as fault:
        sys.stderr.write(f"NOT VERIFIED: {fault}\n")
        return 3
    shown = [json.dumps(found, sort_keys=True)] if given.json else ["VERIFIED", *lines(found)]
    sys.stdout.write("\n".join(shown) + "\n")
    return 0
