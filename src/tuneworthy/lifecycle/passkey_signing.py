"""Signing by passkey: a verb is run as far as its statement, and again with the signature."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tuneworthy import adapters
from tuneworthy.core.errors import (
    BlockedProblem,
    ConflictProblem,
    IntegrityProblem,
    NeedsPersonProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.passkey import SigningAsked
from tuneworthy.core.nouns.people import Person
from tuneworthy.govern.moments import moment
from tuneworthy.lifecycle import hands, passkeys
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.passkey import Passkey, is_passkey, read_passkey
from tuneworthy.methods.signing import (
    Signer,
    passkey_challenge,
    passkey_envelope,
    verify_envelope,
)

T = TypeVar("T")

LATEST = timedelta(minutes=5)
"""Between the moment that a statement is dated with and its signature."""

SIGNABLE = frozenset(
    {
        "answer_ask",
        "ask",
        "attest",
        "change_key",
        "close_ask",
        "confirm_change",
        "confirm_policy",
        "deactivate",
        "decide_gate",
        "duty_done",
        "duty_skipped",
        "end_exception",
        "except_evidence",
        "grant",
        "order_erasure",
        "propose_policy",
        "record_residual",
        "request_decision",
        "review_batch",
        "review_rows",
        "revoke",
        "sign_erasure",
    }
)
"""The verbs of the SDK that end in one statement of one person, made before anything is kept."""


def start(runtime: Runtime, sign: Callable[[], object]) -> SigningAsked:
    """What a person is asked to sign by a verb; nothing of what the verb is for is kept.

    Raises whatever the verb raises, NeedsPersonProblem when the person has no passkey, and
    UsageProblem when the verb asks for no signature.
    """
    now = runtime.clock.now()
    stopper = _Stopper(now.replace(microsecond=now.microsecond // 1000 * 1000))
    try:
        with hands.lent(stopper):
            sign()
    except _Stopped as stopped:
        key = stopped.key
        challenge = passkey_challenge(stopped.statement)
        return SigningAsked(
            statement=stopped.statement,
            started_at=stopper.moment.isoformat(timespec="milliseconds"),
            options=adapters.passkey_request(key.rp_id, challenge, [key.credential]),
        )
    raise UsageProblem("nothing_to_sign", "There is nothing to sign.")


def finish(runtime: Runtime, started_at: str, response: dict[str, Any], sign: Callable[[], T]) -> T:
    """Run the verb again with the passkey's signature over the statement that it makes.

    Raises whatever the verb raises, UsageProblem when it was started too long ago,
    ConflictProblem when the statement is another one by now, IntegrityProblem when the signature
    is not the person's, or its counter did not go on.
    """
    began, now = moment(started_at), runtime.clock.now()
    if began is None or not timedelta(0) <= now - began <= LATEST:
        raise UsageProblem(
            "signing_too_late",
            "It was started too long ago to be signed now.",
            why=f"A statement is signed within {LATEST.seconds // 60} minutes of its date.",
            fix="Start again.",
        )
    with hands.lent(_Answer(began, response)):
        return sign()


class _Stopped(Exception):
    """The statement that a verb came to."""

    def __init__(self, statement: dict[str, Any], key: Passkey) -> None:
        super().__init__("a statement to be signed")
        self.statement = statement
        self.key = key


class _Stopper:
    """Signs nothing: stops the verb at its statement."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def signer(self, runtime: Runtime, person: Person) -> Signer:  # noqa: ARG002 - as asked for
        key = key_of(person)

        def stop(statement: dict[str, Any], keyid: str) -> dict[str, Any]:  # noqa: ARG001
            raise _Stopped(statement, key)

        return stop


class _Answer:
    """Signs with what a browser gave, once, if that is over the very statement."""

    def __init__(self, moment: datetime, response: dict[str, Any]) -> None:
        self.moment = moment
        self._said, self._credential = passkeys.read_response(response)
        self._spent = False

    def signer(self, runtime: Runtime, person: Person) -> Signer:
        key = key_of(person)

        def sign(statement: dict[str, Any], keyid: str) -> dict[str, Any]:
            self._once()
            if self._credential != key.credential:
                raise _refused(runtime, person, "the passkey is not this person's")
            challenge = passkey_challenge(statement)
            envelope = passkey_envelope(statement, self._said, keyid)
            try:
                verify_envelope(envelope, person.public_key, keyid=person.id)
            except IntegrityProblem as problem:
                raise _refused(runtime, person, problem.why) from None
            passkeys.count(runtime, person, key, self._said, digest_bytes(challenge))
            return envelope

        return sign

    def _once(self) -> None:
        if self._spent:
            raise UsageProblem(
                "one_signature",
                "This asks for more than one signature.",
                why="A passkey signs one statement at a time.",
                fix="Do it in parts, or with a key file: --key FILE",
            )
        self._spent = True


def key_of(person: Person) -> Passkey:
    """The person's passkey. Raises NeedsPersonProblem when their key is another one."""
    try:
        return read_passkey(person.public_key)
    except ValueError as fault:
        if is_passkey(person.public_key):
            raise IntegrityProblem(
                "bad_passkey", f"The passkey of {person.name} cannot be read.", why=f"{fault}."
            ) from fault
        raise NeedsPersonProblem(
            "no_passkey",
            f"The key of {person.name} is no passkey.",
            why="They sign with their key file at the command line.",
            fix="Make a passkey and have it made their key: tuneworthy people change-key --help",
        ) from fault


def _refused(runtime: Runtime, person: Person, why: str) -> BlockedProblem | ConflictProblem:
    passkeys.refuse(runtime, person, why)
    if "another statement" in why:
        return ConflictProblem(
            "statement_changed",
            "What was signed is not what would be recorded now.",
            why="The evidence, the policy or the people have changed since it was shown.",
            fix="Look again, and sign what stands there now.",
        )
    return IntegrityProblem(
        "signature_invalid",
        f"The signature is not accepted as {person.name}'s.",
        why=f"{why[0].upper()}{why[1:]}.",
        fix="Start again, with the passkey that is this person's key.",
    )
