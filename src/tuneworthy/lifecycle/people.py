"""Named people and the keys they hold; the store knows only the public halves."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuneworthy.config.project_file import load_people
from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.core.new_file import beside
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.people import WITHHELD, Person, Role
from tuneworthy.core.nouns.words import Confirmation, PersonChange, SignedWord
from tuneworthy.govern import Standing, people_at, project_of
from tuneworthy.lifecycle import hands
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.passkey import is_passkey, read_passkey
from tuneworthy.methods.signing import PrivateKey, generate, public_of

KEYS = "keys"
"""Where demonstration keys lie, beside the project file and outside the store."""

ENOUGH_OPERATORS = 2
"""Named people who must be able to operate a model before it is released."""

NO_ROLE: dict[str, tuple[Role, ...]] = {"roles": ()}

_READ: dict[Path, tuple[tuple[int, int, int], tuple[Person, ...]]] = {}
"""People files read before, each with what the file system said of it then."""

_HEX_KEY = re.compile(r"[0-9a-f]{64}")

OPERATING = frozenset({Role.TECHNICAL_OWNER, Role.MODEL_OWNER, Role.PLATFORM_ADMIN})
"""Whoever holds one of these roles can operate the model."""


def register(runtime: Runtime) -> list[Person]:
    """Bring new people from the people file into the store; a changed key or role is refused.

    Whoever comes after the project's first approval has no role until two others have granted it.

    Raises IntegrityProblem when a person known to the store has another key or other roles, or is
    gone from the file although they have signed something.
    """
    entries = listed(runtime)
    now_in_force = {person.id: person.public_key for person in everyone(runtime)}
    for person in entries:
        known = runtime.store.get(Person, person.id)
        if known is None:
            with runtime.change("person.register", ("person", person.id, person.public_key)) as c:
                c.put(person, expect=0)
        elif known.name == WITHHELD and known.public_key == person.public_key:
            continue  # The file may still say the name, or not.
        elif known != person and known != _with_old_key(person, known, now_in_force):
            raise IntegrityProblem(
                "person_changed",
                f"{runtime.project.people} says other things of '{person.id}' than the store.",
                why="A key or role cannot be changed by editing a file.",
                fix=f"Restore the entry of '{person.id}', then: tuneworthy people grant --help",
            )
    _refuse_removed(runtime, {person.id for person in entries})
    people = everyone(runtime)
    runtime.record(
        runtime.claim(
            "people.named",
            [runtime.project.id],
            {"roles": sorted({role.value for person in people for role in person.roles})},
            grade=Grade.ATTESTED,
        )
    )
    able = sum(person.active and bool(OPERATING & set(person.roles)) for person in people)
    # Counted no further than asked for, so that one more person voids no approval.
    runtime.record(
        runtime.claim("people.operators", [runtime.project.id], {"n": min(able, ENOUGH_OPERATORS)})
    )
    return people


def _with_old_key(person: Person, known: Person, keys: Mapping[str, str]) -> Person:
    """The entry as it was before a confirmed change of the key, if it has the key in force."""
    if keys.get(person.id) != person.public_key:
        return person
    return person.model_copy(update={"public_key": known.public_key})


def _refuse_removed(runtime: Runtime, still: set[str]) -> None:
    gone = sorted(_signers(runtime) - still)
    if gone:
        raise IntegrityProblem(
            "person_removed",
            f"{runtime.project.people} does not name '{gone[0]}' any more, who has signed.",
            why="Whoever signed something is never deleted, only put out of duty.",
            fix=f"Restore the entry, then: tuneworthy people deactivate {gone[0]} --by PERSON "
            "--reason '...'",
        )


def _signers(runtime: Runtime) -> set[str]:
    """Everybody who approved, rejected or signed anything in this project."""
    approvers = {
        one.person for one in runtime.store.list(Approval) if project_of(one) == runtime.project.id
    }
    kinds: tuple[type[SignedWord], ...] = (PersonChange, Confirmation)
    words = {
        row.by
        for kind in kinds
        for row in runtime.words.held(runtime.store, kind, runtime.project.id)
    }
    return approvers | words | {item.signer for item in runtime.evidence() if item.signer}


def everyone(runtime: Runtime) -> list[Person]:
    """Everybody who counts, as they are now."""
    return list(standing(runtime).people)


def standing(runtime: Runtime) -> Standing:
    """Everybody as they are now, changes that do not hold yet, and rows that count for nothing.

    A person counts when the people file, the ledger and the audit chain agree on them: whoever
    can write into one of the three alone changes nobody. Their roles are those of file and ledger
    if they were registered before the first approval, and what signed changes made of it since.
    Read anew when anything has changed, or a change has come due.

    Raises IntegrityProblem when a signed change that the chain names is gone.
    """
    return runtime.kept("people", _standing)


def _standing(runtime: Runtime) -> Standing:
    entries = {person.id: person for person in listed(runtime)}
    store, project = runtime.store, runtime.project.id
    changes = runtime.words.held(store, PersonChange, project)
    confirmations = runtime.words.held(store, Confirmation, project)
    others = _elsewhere(runtime)
    known = [
        person if runtime.words.founder(person.id, others) else person.model_copy(update=NO_ROLE)
        for kept in store.list(Person)
        if kept.id in entries and runtime.words.registered(kept)
        for person in [_both(kept, entries[kept.id])]
    ]
    found = people_at(known, changes, confirmations, runtime.clock.now())
    keys = {person.id: person.public_key for person in known}
    people = tuple(
        person
        for person in found.people
        if entries[person.id].public_key in (keys[person.id], person.public_key)
    )
    return found._replace(people=people)


def _elsewhere(runtime: Runtime) -> set[str]:
    """Approvals of other projects that share this ledger."""
    return {one.id for one in runtime.store.list(Approval) if project_of(one) != runtime.project.id}


def _both(known: Person, entry: Person) -> Person:
    """What ledger and file agree on; where they differ, the one that allows less."""
    return known.model_copy(
        update={
            "roles": tuple(role for role in known.roles if role in entry.roles),
            "active": known.active and entry.active,
            "demonstration": known.demonstration or entry.demonstration,
        }
    )


def by_every_key(runtime: Runtime) -> dict[str, list[Person]]:
    """Each person as they are now, and once more with every key that was theirs before.

    What an earlier key signed counts no longer, but nobody has forged it.
    """
    known = standing(runtime)
    return {
        person.id: [
            person,
            *(person.model_copy(update={"public_key": k}) for k in known.former.get(person.id, ())),
        ]
        for person in known.people
    }


def listed(runtime: Runtime) -> list[Person]:
    """Whom the people file names; read anew when it has changed."""
    path = runtime.folder / runtime.project.people
    if not path.exists():
        return []
    about = path.stat()
    stamp = (about.st_mtime_ns, about.st_size, about.st_ino)
    known = _READ.get(path)
    if known is None or known[0] != stamp:
        known = _READ[path] = (stamp, tuple(load_people(runtime.folder, runtime.project)))
    return list(known[1])


def altered(runtime: Runtime) -> dict[str, str]:
    """People of the file whom the ledger knows with more than the file gives them, and what."""
    entries = {person.id: person for person in listed(runtime)}
    found = {}
    for known in runtime.store.list(Person):
        entry = entries.get(known.id, known)
        if entry.public_key != known.public_key:
            found[known.id] = "another key"
        elif more := set(known.roles) - set(entry.roles):
            found[known.id] = f"more roles ({', '.join(sorted(role.value for role in more))})"
    return found


def named(runtime: Runtime, person: str) -> Person:
    """A person of the ledger, or one whom the file names and who is not registered yet.

    Raises ConfigProblem when there is no such person.
    """
    known = next((p for p in everyone(runtime) if p.id == person), None)
    if known is not None:
        return known
    found = next((p for p in listed(runtime) if p.id == person), None)
    if found is None or runtime.store.get(Person, person) is not None:
        return find(runtime, person)
    return (
        found if runtime.words.founding(_elsewhere(runtime)) else found.model_copy(update=NO_ROLE)
    )


def find(runtime: Runtime, person: str) -> Person:
    """The person with this id. Raises ConfigProblem."""
    people = everyone(runtime)
    found = next((p for p in people if p.id == person), None)
    if found is None:
        names = ", ".join(p.id for p in people) or "nobody"
        raise ConfigProblem(
            "no_person",
            f"There is no person '{person}'.",
            why=f"The project knows {names}.",
            fix=f"Add them to {runtime.folder / runtime.project.people}.",
        )
    return found


def private_key(runtime: Runtime, person: Person, key: Path | None) -> PrivateKey:
    """The signer's own private key, or the hand that signs in its place.

    Raises NeedsPersonProblem when it is not here, ConfigProblem when it is no plain file,
    BlockedProblem when it is somebody else's.
    """
    if hand := hands.current():
        return hand.signer(runtime, person)
    if is_passkey(person.public_key):
        raise NeedsPersonProblem(
            "signs_by_passkey",
            f"{person.name} signs with a passkey.",
            why="It is in their browser or on their security key, never in a file.",
            fix=f"Let {person.id} sign on the pages of this project.",
        )
    path = key or runtime.folder / KEYS / f"{person.id}.pem"
    if path.exists() and not path.is_dir():
        require_file(path, "")
    try:
        pem = path.read_bytes()
    except OSError as fault:
        raise NeedsPersonProblem(
            "no_key",
            f"The key of '{person.id}' is not at {path}.",
            why="An approval is signed by the approver's own key; nobody can sign for them.",
            fix=f"Let {person.id} run the command, or give --key FILE.",
        ) from fault
    if public_of(pem) != person.public_key:
        reason = "the key given is not theirs"
        what = ("person", person.id, person.public_key)
        runtime.store.note(runtime.event("key.refuse", what, decision="deny", reason=reason))
        raise BlockedProblem(
            "not_their_key",
            f"{path} is not the key of '{person.id}'.",
            why="Its public half is not the one that the project knows.",
            fix=f"Give the key that was made with '{person.id}': --key FILE.",
        )
    return pem


def make_key(folder: Path, person: str) -> str:
    """Write a new private key for a person, readable by its owner alone; give the public half."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return write_key(folder / f"{person}.pem")


def write_key(path: Path) -> str:
    """Write a new private key, readable by its owner alone; give the public half.

    Raises UsageProblem when something stands there, or nothing can.
    """
    private, public = generate()
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError as fault:
        raise UsageProblem(
            "key_exists",
            f"{path} exists already.",
            why="A private key is never overwritten.",
            fix="Move it to its owner, or choose another id.",
        ) from fault
    except OSError as fault:
        raise UsageProblem(
            "key_not_written", f"{path} cannot be written.", why=f"{fault.strerror}."
        ) from fault
    path.write_bytes(private)
    return public


def require_key(public_key: str) -> None:
    """Raises UsageProblem unless the text is a public key: an Ed25519 key, or a passkey."""
    why = ""
    if is_passkey(public_key):
        try:
            read_passkey(public_key)
        except ValueError as fault:
            why = f"This passkey is malformed: {fault}."
    if why or not (is_passkey(public_key) or _HEX_KEY.fullmatch(public_key)):
        raise UsageProblem(
            "bad_public_key",
            "A public key is 64 lower-case hex digits, or passkey:... as the pages print it.",
            why=why,
            fix="tuneworthy people new-key FILE makes a pair and prints its public half.",
        )


def add(
    runtime: Runtime, person: str, name: str, roles: Sequence[str], public_key: str = ""
) -> Person:
    """Write a new person into the people file, and register them.

    They get a new key pair, or have the public key that is given.

    Raises UsageProblem for an unknown role, a bad key or an id that is taken.
    """
    wrong = [role for role in roles if role not in list(Role)]
    if wrong:
        raise UsageProblem(
            "no_such_role",
            f"There is no role '{wrong[0]}'.",
            fix="One of: " + ", ".join(role.value for role in Role),
        )
    if not person.replace("-", "").replace("_", "").isalnum():
        raise UsageProblem("bad_id", f"'{person}' is no id.", fix="Letters, digits, - and _.")
    taken = {known.id for known in listed(runtime)}
    if person in taken or runtime.store.get(Person, person) is not None:
        raise UsageProblem("person_exists", f"There is a person '{person}' already.")
    if public_key:
        require_key(public_key)
    public = public_key or make_key(runtime.folder / KEYS, person)
    entry = {"name": name, "roles": list(roles), "public_key": public}
    try:
        _append(runtime, f"{json.dumps(person)}: {json.dumps(entry)}\n")
    except BaseException:
        if not public_key:
            (runtime.folder / KEYS / f"{person}.pem").unlink(missing_ok=True)
        raise
    register(runtime)
    return find(runtime, person)


def _append(runtime: Runtime, line: str) -> None:
    """Add a line to the people file, which is replaced only by one that can be read."""
    file = Path(runtime.project.people)
    name = str(beside(file, "draft"))
    path, draft = runtime.folder / file, runtime.folder / name
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    try:
        with draft.open("x", encoding="utf-8") as made:
            made.write(text + ("" if text.endswith("\n") or not text else "\n") + line)
        load_people(runtime.folder, runtime.project.model_copy(update={"people": name}))
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
