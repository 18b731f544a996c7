"""What a pack says in words: how to check it, and how far its provenance goes."""

from typing import Any


def build_level(*, signed: bool) -> dict[str, Any]:
    """The honest SLSA level of what was trained here (slsa.dev/spec/v1.0/levels)."""
    return {
        "slsa_build_level": 1,
        "why": "Trained and described by the same machine, under the control of the same people. "
        "SLSA calls provenance of this level trivial to bypass or forge. Level 2 needs a build "
        "platform of its own that signs what it made.",
        "pack_signed": signed,
        "what_the_signature_says": "that whoever holds the checkpoint key stood for these files"
        if signed
        else "nothing: the pack is not signed",
    }


def how_to_verify(project: str, events: int, key: str) -> str:
    """VERIFY.md: what to type, what it shows and what it cannot show."""
    signed = (
        f"""The manifest and the checkpoints are signed by this key. Compare it with what you were
given when the key was made, by another way than this pack:

    {key}

Then give it: `python3 verify.py PACK.zip --key '{key}'`."""
        if key
        else """This pack is NOT signed: the project has no checkpoint key. The chain shows
accidents and clumsy hands; whoever had the file could have written all of it anew."""
    )
    return f"""# How to check this pack

Project {project}, {events} events. You need Python 3.11 or newer, and nothing else: no network,
and not the system that wrote this.

    unzip -p PACK.zip verify.py > verify.py
    python3 verify.py PACK.zip --checkpoint FILE

FILE is a checkpoint that you kept outside: from the mail, the chat or the file it was sent to.
Several may stand in one file. `--event 12` shows event 12.

Read verify.py before you trust it: it came in the same pack. Better, take the one of a pack that
you have had for longer, or `tuneworthy audit verify` of a release you trust.

{signed}

## What a check shows

- Every byte of the pack is the one that was written (`manifest.json` has the digests).
- Every event follows from the one before it, and its bytes give its hash.
- Every finding is what its digest says, and an event names it.
- Every decision at a gate is signed by the key of the person who made it. No administrator can
  make one up.
- With a checkpoint kept outside: the events up to there are those that were signed then. Nothing
  was cut off, put in or written anew.

## What no check can show

- Without a checkpoint from outside: that the end was not cut off, or history written anew by
  whoever holds the signing key.
- With an old checkpoint only: what happened after it. Keep the newest.
- Events that the running system made up itself, other than decisions.
- Lies at entry, a stolen key of an approver, approvers who agree to deceive, and what was never
  recorded.

Time stamps (RFC 3161), if there are any, show when a checkpoint was there. They need the
authority's certificate, in `audit/timestamps/`:
`openssl ts -verify -data 62.note -in 62-0.tsr -CAfile CA.pem`.

The log is that of the whole ledger. Where several projects share one, the events of the others are
in it, for no chain holds without all of its links; their files are not in this pack.

`withheld.json` names what was left out because it held a secret or personal data.
`mapping.md` says which clauses each file speaks to. `provenance.json` says how far the provenance
of the model goes.
"""
