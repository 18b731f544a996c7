"""What an audit pack shows, checked file by file."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuneworthy.govern.verifier.envelopes import open_envelope
from tuneworthy.govern.verifier.forms import Fault, canonical, parse
from tuneworthy.govern.verifier.log import grown, included, read_log
from tuneworthy.govern.verifier.notes import open_note, read_key, split_notes
from tuneworthy.govern.verifier.words import read_people, rows_of, signed_by
from tuneworthy.govern.verifier.zipped import unzip

FORMAT = "tuneworthy-audit-pack/2"
PROOF = "tuneworthy-audit-proof/1"
MANIFEST, SIGNATURE = "manifest.json", "manifest.dsse.json"
EVENTS, NOTES, KEYS = "audit/events.jsonl", "audit/checkpoints.txt", "audit/keys.json"
GROWN = "audit/consistency.json"
APPROVALS = "governance/approvals.jsonl"
EVIDENCE, WITHHELD = "evidence/evidence.jsonl", "withheld.json"
_TIMES = ("created_at", "expires_at")
DECISIONS = ("gate.approve", "gate.reject")


def check_pack(
    data: bytes, external: Sequence[bytes] = (), keys: Sequence[str] = (), number: int = 0
) -> dict[str, Any]:
    """What a pack shows, as a dictionary. Raises Fault with the first thing that does not hold.

    ``external`` are contents of checkpoint files kept elsewhere, ``keys`` verifier keys known from
    elsewhere (by default the pack's own are believed), ``number`` an event to be shown.
    """
    files = unzip(data)
    manifest = _manifest(files)
    own = [row["key"] for row in parse(files[KEYS], KEYS)] if KEYS in files else []
    trusted = list(keys) or own
    if keys and not set(own) <= set(keys):
        raise Fault("the pack names a key that is not the one you know")
    inner = [open_note(note, own) for note in split_notes(files.get(NOTES, b""), NOTES)]
    outer = [
        open_note(note, trusted) for text in external for note in split_notes(text, "--checkpoint")
    ]
    if external and not outer:
        raise Fault("--checkpoint: there is no checkpoint in the file")
    if keys and not manifest["signed_by"]:
        raise Fault("the pack is not signed, and you know a key that signs")
    log, events = read_log(files.get(EVENTS, b""), {size for size, _ in inner + outer})
    if (log.size, log.head) != (manifest["events"], manifest["head"]):
        raise Fault("the chain does not end as the manifest says")
    for size, root in inner:
        log.hold(size, root, "a checkpoint of the pack")
    _grown(files, dict(inner))
    for size, root in outer:
        log.hold(size, root, "the checkpoint kept elsewhere")
    if number and not 0 < number <= len(events):
        raise Fault(f"there is no event {number}")
    keys_of, words = read_people(files, events)
    return {
        "verified": True,
        "project": manifest["project"],
        "events": log.size,
        "head": log.head,
        "root": log.root().hex(),
        "files": len(files),
        "signed_by": _signed(files, manifest, own, events),
        "keys": [e["object"]["id"] for e in events if e["action"] == "audit.key"],
        "checkpoints": len(inner),
        "signed_events": max((size for size, _ in inner), default=0),
        "external": max((size for size, _ in outer), default=0),
        "approvals": _approvals(files, events, keys_of, str(manifest["project"])),
        "evidence": _evidence(files, events),
        "signed_evidence": _documents(files, keys_of),
        "signed_words": words,
        "shown": events[number - 1] if number else None,
    }


def check_proof(data: bytes, external: Sequence[bytes] = (), keys: Sequence[str] = ()) -> Any:
    """The event that a proof shows to be in the log of a checkpoint. Raises Fault.

    Without a checkpoint or a key from elsewhere only the proof's own are asked.
    """
    row = parse(data, "the proof")
    names = {"format", "body", "checkpoint", "index", "key", "proof"}
    if not isinstance(row, dict) or set(row) != names or row["format"] != PROOF:
        raise Fault("other fields than a proof has")
    if keys and row["key"] not in keys:
        raise Fault("the proof names a key that is not the one you know")
    size, root = open_note(row["checkpoint"], [row["key"]])
    held = [open_note(n, [row["key"]]) for text in external for n in split_notes(text, "FILE")]
    if external and (size, root) not in held:
        raise Fault("the proof is for another checkpoint than the one kept elsewhere")
    beside = [bytes.fromhex(one) for one in row["proof"]]
    if [one.hex() for one in beside] != row["proof"]:
        raise Fault("a hash of the proof is not in its one spelling")
    body = row["body"].encode("utf-8")
    if not included(body, row["index"], size, beside, root):
        raise Fault("the event is not in the log of that checkpoint")
    return {
        "verified": True,
        "events": size,
        "root": root.hex(),
        "external": size if external else 0,
        "signed_by": row["key"],
        "keys": [row["key"]],
        "shown": parse(body, "the event"),
    }


def _manifest(files: Mapping[str, bytes]) -> Any:
    manifest = parse(files.get(MANIFEST, b""), MANIFEST)
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise Fault(f"the manifest is not of the format {FORMAT}")
    listed = manifest["files"]
    there = set(files) - {MANIFEST, SIGNATURE}
    if set(listed) != there:
        odd = sorted(set(listed) ^ there)[0]
        raise Fault(f"{odd}: {'missing' if odd in listed else 'not in the manifest'}")
    for name in sorted(listed):
        if "sha256:" + hashlib.sha256(files[name]).hexdigest() != listed[name]:
            raise Fault(f"{name} is not the file that was exported")
    return manifest


def _signed(
    files: Mapping[str, bytes], manifest: Any, own: Sequence[str], events: Sequence[Any]
) -> str:
    """The key that signed the manifest; empty when nobody did."""
    put = {e["object"]["id"] for e in events if e["action"] == "audit.key"}
    for key in own:
        if key not in put:
            raise Fault("a checkpoint key of the pack was never put on record")
    signer = str(manifest["signed_by"])
    if not signer and SIGNATURE not in files:
        return ""
    if signer not in own:
        raise Fault("the manifest is not signed by a key of the pack")
    statement = open_envelope(
        parse(files.get(SIGNATURE, b""), SIGNATURE), read_key(signer)[2].hex(), signer
    )
    named = {"sha256": hashlib.sha256(files[MANIFEST]).hexdigest()}
    if statement.get("subject") != [{"name": MANIFEST, "digest": named}]:
        raise Fault("what was signed is not this manifest")
    return signer


def _grown(files: Mapping[str, bytes], roots: Mapping[int, bytes]) -> None:
    """Check that each checkpoint of the pack grew into the newest, by the proofs alone."""
    rows = parse(files.get(GROWN, b"[]"), GROWN)
    if {row["from"] for row in rows} != set(roots):
        raise Fault("there is not one proof of growth for each checkpoint")
    for row in rows:
        proof = [bytes.fromhex(one) for one in row["proof"]]
        if not grown(row["from"], roots[row["from"]], row["to"], roots[row["to"]], proof):
            raise Fault(f"the checkpoint over {row['from']} records did not grow into the newest")


def _approvals(
    files: Mapping[str, bytes],
    events: Sequence[Any],
    keys: Mapping[str, Sequence[str]],
    project: str,
) -> int:
    """How many decisions there are, each signed by its person's key and named by its event.

    A log can hold those of other projects: their events say so, and they are in other packs. Events
    of before that was written name no project; what they name is in every pack.
    """
    said = {
        (e["object"]["id"], e["object"]["digest"], e["action"], e["actor_id"])
        for e in events
        if e["action"] in DECISIONS
        and e["decision"] == "allow"
        and e["on_behalf_of"] in ("", project)
    }
    found = {_approval(row, keys) for row in rows_of(files, APPROVALS)}
    if odd := sorted(said ^ found):
        what = "an event that no signed approval goes with" if odd[0] in said else "no event"
        raise Fault(f"the decision {odd[0][0][:19]} by {odd[0][3]} has {what}")
    return len(found)


def _approval(row: Any, keys: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """What the log must say of a decision, after its signature was checked."""
    what = f"the decision {row['id'][:19]} by {row['person']}"
    if "sha256:" + hashlib.sha256(canonical(row["envelope"])).hexdigest() != row["id"]:
        raise Fault(f"{what}: its id is not its envelope's digest")
    try:
        signed = signed_by(row["envelope"], row["person"], keys)
    except Fault as fault:
        raise Fault(f"{what}: {fault}") from None
    predicate = signed["predicate"]
    repeats = ("gate", "subject", "role", "person", "decision", "reason", *_TIMES)
    bundle = {"sha256": row["bundle"].removeprefix("sha256:")}
    same = [thing["digest"] for thing in signed["subject"]] == [bundle]
    if not same or any(predicate[name] != row[name] for name in repeats):
        raise Fault(f"{what}: it says something else than what was signed")
    return row["id"], row["bundle"], f"gate.{row['decision']}", row["person"]


def _documents(files: Mapping[str, bytes], keys: Mapping[str, Sequence[str]]) -> int:
    """How many findings carry a signature, each by a key of the person that they name."""
    signed = [row for row in rows_of(files, EVIDENCE) if row["signer"]]
    for row in signed:
        try:
            signed_by(row["result"]["envelope"], row["signer"], keys)
        except (Fault, LookupError) as fault:
            why = f"the evidence {row['about']} is not signed by its signer: {fault}"
            raise Fault(why) from None
    return len(signed)


def _evidence(files: Mapping[str, bytes], events: Sequence[Any]) -> int:
    """How many findings there are, each under its own digest and named by its event."""
    named = {e["object"]["digest"] for e in events if e["object"]["type"] == "evidence"}
    named |= {one for e in events for one in e["evidence_digests"]}
    rows = rows_of(files, EVIDENCE)
    for row in rows:
        facts = {name: value for name, value in row.items() if name != "id"}
        if "sha256:" + hashlib.sha256(canonical(facts)).hexdigest() != row["id"]:
            raise Fault(f"the evidence {row['about']} is not what its digest says")
        if row["id"] not in named:
            raise Fault(f"the evidence {row['about']} has no event")
    return len(rows)
