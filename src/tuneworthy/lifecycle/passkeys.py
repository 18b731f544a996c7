"""Passkeys of people: made in a browser, offered as a key, used to sign in, and counted."""

import json
from typing import Any

from tuneworthy import adapters
from tuneworthy.core.errors import (
    ConflictProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.passkey import PasskeyCounter, PasskeyOffer, PasskeyUse
from tuneworthy.core.nouns.people import Person
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.passkey_challenges import is_ours, new_challenge
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, digest_bytes
from tuneworthy.methods.passkey import (
    Assertion,
    Passkey,
    assertion_fault,
    from_base64url,
    host_of,
    is_passkey,
    read_passkey,
    to_base64url,
)


def ask_new(runtime: Runtime, person_id: str, origin: str) -> dict[str, Any]:
    """What a person's browser is asked for a new passkey of this site (an origin).

    Raises UsageProblem for an origin that no passkey can be of, ConfigProblem for no such person.
    """
    person, rp_id = people.named(runtime, person_id), _rp_id(origin)
    known = [key.credential for key in _known(runtime) if key.rp_id == rp_id]
    challenge = new_challenge(_purpose(runtime, "new", person.id), runtime.clock.now())
    title = runtime.project.use_case or runtime.project.id
    return adapters.passkey_creation(rp_id, title, person.id, person.name, challenge, known)


def offer(runtime: Runtime, person_id: str, origin: str, response: dict[str, Any]) -> PasskeyOffer:
    """Keep a new passkey that a person's browser made; it signs nothing until it is their key.

    Raises IntegrityProblem when it is not what was asked for, UsageProblem when it cannot be read.
    """
    person, rp_id = people.named(runtime, person_id), _rp_id(origin)
    challenge = _answered(response)
    if not is_ours(challenge, _purpose(runtime, "new", person.id), runtime.clock.now()):
        raise IntegrityProblem(
            "passkey_refused",
            "The new passkey is not accepted.",
            why="It answers no challenge of the last minutes for this person.",
            fix="Start again.",
        )
    text, counter = adapters.read_passkey(response, challenge, rp_id, origin)
    made = PasskeyOffer(
        id=digest([runtime.project.id, person.id, text]),
        project=runtime.project.id,
        person=person.id,
        public_key=text,
        created_at=runtime.now(),
    )
    id_ = to_base64url(read_passkey(text).credential)
    what = (made.kind, made.id, text)
    with runtime.change("passkey.offer", what, actor=person.id, auth_method="passkey") as change:
        change.put(made, expect=0)
        change.put(PasskeyCounter(id=id_, counter=counter, used_at=made.created_at), expect=0)
    return made


def offers(runtime: Runtime) -> list[PasskeyOffer]:
    """Passkeys that people made and that are nobody's key yet, oldest first."""
    used = {person.public_key for person in people.everyone(runtime)}
    return [
        one
        for one in runtime.store.list(PasskeyOffer)
        if one.project == runtime.project.id and one.public_key not in used
    ]


def ask_sign_in(runtime: Runtime, origin: str) -> dict[str, Any]:
    """What a browser is asked to sign somebody in; it offers the passkeys that it has itself."""
    challenge = new_challenge(_purpose(runtime, "sign-in"), runtime.clock.now())
    return adapters.passkey_request(_rp_id(origin), challenge, [])


def sign_in(runtime: Runtime, origin: str, response: dict[str, Any]) -> Person:
    """Whose passkey answered a challenge of the last minutes on this site, for the first time.

    Raises NeedsPersonProblem, with one and the same message for whatever is wrong.
    """
    try:
        said, credential = read_response(response)
        challenge = _answered(response)
        person, key = next(
            (person, key)
            for person, key in _held(runtime)
            if person.active and key.credential == credential and key.origin == origin
        )
        ours = is_ours(challenge, _purpose(runtime, "sign-in"), runtime.clock.now())
        if not ours or assertion_fault(key, challenge, said):
            raise _not_signed_in()
        count(runtime, person, key, said, digest_bytes(challenge))
    except (ValueError, StopIteration, UsageProblem, ConflictProblem, IntegrityProblem):
        raise _not_signed_in() from None
    return person


def _answered(response: dict[str, Any]) -> bytes:
    """The challenge that a browser says it answers. Raises UsageProblem."""
    try:
        data = json.loads(from_base64url(response["response"]["clientDataJSON"]))
        return from_base64url(data["challenge"])
    except (LookupError, TypeError, ValueError, RecursionError) as fault:
        raise _unreadable() from fault


def _purpose(runtime: Runtime, what: str, person: str = "") -> str:
    return json.dumps([runtime.project.id, what, person])


def read_response(response: dict[str, Any]) -> tuple[Assertion, bytes]:
    """The assertion in a browser's answer, and the id of the credential. Raises UsageProblem."""
    try:
        inner = response["response"]
        names = ("authenticatorData", "clientDataJSON", "signature")
        said = Assertion(*(from_base64url(inner[name]) for name in names))
        return said, from_base64url(response["id"])
    except (KeyError, TypeError, ValueError) as fault:
        raise _unreadable() from fault


def count(runtime: Runtime, person: Person, key: Passkey, said: Assertion, use: str) -> None:
    """Accept an assertion that was verified: note its counter, and the statement's challenge.

    Args:
        runtime: The project.
        person: Whose it is.
        key: Their passkey.
        said: The assertion.
        use: Digest of the challenge, which is accepted once.

    Raises:
        IntegrityProblem: The counter did not go on: the authenticator may have been copied.
        ConflictProblem: It was accepted before, or another one at this moment.
    """
    id_ = to_base64url(key.credential)
    before = runtime.store.get(PasskeyCounter, id_)
    generation = runtime.store.generation(PasskeyCounter, id_)
    last = before.counter if before else 0
    if (last or said.counter) and said.counter <= last:
        why = f"the counter of the passkey says {said.counter} after {last}"
        refuse(runtime, person, why)
        raise IntegrityProblem(
            "passkey_counter",
            f"The passkey of {person.name} is not accepted.",
            why=f"{why[0].upper()}{why[1:]}: there may be a copy of the device.",
            fix="Give the person another key: tuneworthy people change-key --help",
        )
    if runtime.store.get(PasskeyUse, use) is not None:
        raise ConflictProblem(
            "passkey_used", "This signature was accepted already.", fix="Start again."
        )
    noted = PasskeyCounter(id=id_, counter=said.counter, used_at=runtime.now())
    what = (noted.kind, id_, digest_bytes(said.client))
    facts = {"actor": person.id, "auth_method": "passkey", "after": str(said.counter)}
    with runtime.change("passkey.use", what, **facts) as change:
        change.put(noted, expect=generation)
        used = PasskeyUse(id=use, project=runtime.project.id, person=person.id, credential=id_)
        change.put(used, expect=0)


def refuse(runtime: Runtime, person: Person, reason: str) -> None:
    """Put on record that a passkey's signature was refused."""
    what = ("person", person.id, person.public_key)
    facts = {"decision": "deny", "reason": reason, "actor": person.id}
    runtime.store.note(runtime.event("passkey.refuse", what, **facts))


def malformed(runtime: Runtime) -> list[str]:
    """Whose passkey cannot be read, and why; they cannot sign in with it, nor sign."""
    found = []
    known = {one.id: one for one in (*people.listed(runtime), *people.everyone(runtime))}
    for person in known.values():
        if is_passkey(person.public_key):
            try:
                read_passkey(person.public_key)
            except ValueError as fault:
                found.append(
                    f"{person.id}: their passkey cannot be read: {fault}. "
                    f"tuneworthy people change-key {person.id} KEY --by PERSON --reason '...'"
                )
    return found


def _known(runtime: Runtime) -> list[Passkey]:
    offered = [one.public_key for one in runtime.store.list(PasskeyOffer)]
    return [key for _, key in _held(runtime)] + [key for key in map(_read, offered) if key]


def _held(runtime: Runtime) -> list[tuple[Person, Passkey]]:
    """People with the passkey that is their key; a key of another kind, or none, is left out."""
    read = [(person, _read(person.public_key)) for person in people.everyone(runtime)]
    return [(person, key) for person, key in read if key is not None]


def _read(text: str) -> Passkey | None:
    try:
        return read_passkey(text)
    except ValueError:
        return None


def _rp_id(origin: str) -> str:
    try:
        return host_of(origin)
    except ValueError as fault:
        raise UsageProblem(
            "no_passkeys_here",
            f"'{origin[:200]}' cannot have passkeys.",
            why=f"{str(fault)[0].upper()}{str(fault)[1:]}.",
            fix="Open the pages by a name with https, or as http://localhost.",
        ) from fault


def _unreadable() -> UsageProblem:
    return UsageProblem(
        "passkey_response",
        "The browser's answer cannot be read.",
        why="It is not what toJSON() makes of a public-key credential.",
        fix="Start again.",
    )


def _not_signed_in() -> NeedsPersonProblem:
    return NeedsPersonProblem(
        "sign_in_refused",
        "Nobody was signed in.",
        why="The passkey is nobody's key in force here, or did not answer this challenge.",
        fix="Sign in in another way, or ask for the passkey to be made your key.",
    )
