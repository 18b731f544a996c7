"""Checks what people signed beside approvals: changes of people, exceptions, requests, policies."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tuneworthy.govern.verifier.envelopes import open_envelope
from tuneworthy.govern.verifier.forms import Fault, canonical, parse

PEOPLE, WORDS = "governance/people.json", "governance/words.jsonl"
KINDS = (
    "ask",
    "ask_reply",
    "confirmation",
    "duty_note",
    "exception_end",
    "gate_exception",
    "gate_request",
    "person_change",
    "policy_change",
)


def rows_of(files: Mapping[str, bytes], name: str) -> list[Any]:
    """The lines of a file of the pack, parsed."""
    return [parse(line, name) for line in files.get(name, b"").split(b"\n") if line]


def signed_by(envelope: Any, person: str, keys: Mapping[str, Sequence[str]]) -> Any:
    """The statement of an envelope that a person signed with one of their keys. Raises Fault."""
    fault = Fault(f"{person} has no key on record")
    for key in dict.fromkeys(keys.get(person, ())):
        try:
            return open_envelope(envelope, key, person)
        except Fault as why:
            fault = why
    raise fault


def read_people(
    files: Mapping[str, bytes], events: Sequence[Any]
) -> tuple[dict[str, list[str]], int]:
    """Every public key that the log puts on record for a person, and how many words are signed.

    A key comes with a person's registration, or with a signed change of it that a second person
    confirmed. Each word must be signed with a key on record by then, and be named by its event.
    Raises Fault.
    """
    words = {row["id"]: row for row in rows_of(files, WORDS)}
    keys: dict[str, list[str]] = {}
    seen = set()
    for event in events:
        thing, allowed = event["object"], event["decision"] == "allow"
        if thing["type"] == "person" and allowed:
            keys.setdefault(thing["id"], []).append(thing["digest"])
        elif thing["type"] in KINDS and allowed:
            row = words.get(thing["id"])
            if row is None:
                raise Fault(f"the {_name(thing['type'])} {thing['id'][:19]} is not in the pack")
            _word(row, thing["type"], keys)
            seen.add(row["id"])
            change = words.get(row.get("of", ""), {})
            if thing["type"] == "confirmation" and change.get("what") == "key":
                if change["id"] not in seen or row["by"] in (change["by"], change["person"]):
                    raise Fault(f"the new key of {change['person']} has no second person's word")
                keys.setdefault(change["person"], []).append(change["public_key"])
    if odd := sorted(set(words) - seen):
        raise Fault(f"the word {odd[0][:19]} by {words[odd[0]]['by']} has no event")
    for row in parse(files.get(PEOPLE, b"[]"), PEOPLE):
        if row["public_key"] not in keys.get(row["id"], []):
            raise Fault(f"the key of {row['id']} was never put on record")
    return keys, len(words)


def _word(row: Any, kind: str, keys: Mapping[str, Sequence[str]]) -> None:
    what = f"the {_name(kind)} {row['id'][:19]} by {row['by']}"
    if "sha256:" + hashlib.sha256(canonical(row["envelope"])).hexdigest() != row["id"]:
        raise Fault(f"{what}: its id is not its envelope's digest")
    try:
        signed = signed_by(row["envelope"], row["by"], keys)
    except Fault as fault:
        raise Fault(f"{what}: {fault}") from None
    facts = {name: value for name, value in row.items() if name not in ("id", "envelope")}
    if signed["predicate"] != facts or signed["subject"][0]["name"] != f"{row['project']}/{kind}":
        raise Fault(f"{what}: it says something else than what was signed")


def _name(kind: str) -> str:
    return str(kind).replace("_", " ")
