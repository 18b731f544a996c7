"""The part of a Workspace that is about passkeys: making one, and signing with it in two steps."""

import inspect
from collections.abc import Callable
from typing import Any, Literal, cast

from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.account import SignedIn
from tuneworthy.core.nouns.gate import Approval
from tuneworthy.core.nouns.passkey import PasskeyOffer, SigningAsked
from tuneworthy.govern import Action
from tuneworthy.lifecycle import access, passkey_signing, passkeys, people, sessions
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class PasskeyVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def ask_passkey(self, person: str, origin: str) -> dict[str, Any]:
        """What a person's browser is asked for a new passkey here: ``publicKey`` as JSON."""
        return passkeys.ask_new(self._runtime, person, origin)

    @needs(Action.REGISTER)
    def offer_passkey(self, person: str, origin: str, response: dict[str, Any]) -> PasskeyOffer:
        """Keep a new passkey; it signs nothing until ``change_key`` makes it the person's key."""
        return passkeys.offer(self._runtime, person, origin, response)

    def passkey_offers(self) -> list[PasskeyOffer]:
        """Passkeys that people made and that are nobody's key yet."""
        return passkeys.offers(self._runtime)

    def malformed_passkeys(self) -> list[str]:
        """Whose passkey cannot be read, and why."""
        return passkeys.malformed(self._runtime)

    def ask_passkey_sign_in(self, origin: str) -> dict[str, Any]:
        """What a browser is asked to sign somebody in with a passkey of this site."""
        return passkeys.ask_sign_in(self._runtime, origin)

    @needs(Action.SIGN_IN)
    def sign_in_with_passkey(
        self, origin: str, response: dict[str, Any], *, replaces: str = ""
    ) -> SignedIn:
        """A session for whoever holds the passkey of a person in duty."""
        person = passkeys.sign_in(self._runtime, origin, response)
        return sessions.begin(
            self._runtime, person.id, "passkey", replaces=replaces, passkey=person.public_key
        )

    def signed_by_passkey(self) -> dict[str, str]:
        """The verbs of this object that ``start_signing`` takes, and which argument signs."""
        return {verb: signer_argument(getattr(self, verb)) for verb in passkey_signing.SIGNABLE}

    @needs(Action.ATTEST, inside=True)
    def start_signing(self, verb: str, /, **said: Any) -> SigningAsked:
        """What a person is to sign with their passkey by a verb of this object, and how.

        ``said`` are the verb's own arguments. Raises whatever the verb raises, UsageProblem for
        one that signs nothing, NeedsPersonProblem for a person without a passkey.
        """
        sign = self._signable(verb, said)
        return passkey_signing.start(self._runtime, lambda: sign(**said))

    @needs(Action.ATTEST, inside=True)
    def finish_signing(
        self, verb: str, started_at: str, response: dict[str, Any], /, **said: Any
    ) -> Any:
        """Do what was started, with the browser's answer over the statement.

        Raises whatever the verb raises, ConflictProblem when the statement is another one by now,
        IntegrityProblem when the signature is not the person's.
        """
        sign = self._signable(verb, said)
        return passkey_signing.finish(self._runtime, started_at, response, lambda: sign(**said))

    @needs(Action.APPROVE, inside=True)
    def start_approval(
        self,
        gate: str,
        person: str,
        reason: str,
        decision: Literal["approve", "reject"] = "approve",
    ) -> SigningAsked:
        """The statement of a decision over a gate's current evidence, and the browser's options."""
        said = {"gate": gate, "person": person, "reason": reason, "decision": decision}
        return self.start_signing("decide_gate", **said)

    @needs(Action.APPROVE, inside=True)
    def approve_with_passkey(
        self,
        gate: str,
        person: str,
        reason: str,
        started_at: str,
        response: dict[str, Any],
        decision: Literal["approve", "reject"] = "approve",
    ) -> Approval:
        """One person's decision, signed with their passkey."""
        said = {"gate": gate, "person": person, "reason": reason, "decision": decision}
        done = self.finish_signing("decide_gate", started_at, response, **said)
        return cast("Approval", done)

    def _signable(self, verb: str, said: dict[str, Any]) -> Callable[..., Any]:
        """The verb, after its signer was asked for whether they may do it at all."""
        if verb not in passkey_signing.SIGNABLE:
            raise UsageProblem(
                "not_signed_by_passkey",
                f"'{verb[:80]}' is not signed with a passkey.",
                fix="One of: " + ", ".join(sorted(passkey_signing.SIGNABLE)),
            )
        function = getattr(self, verb)
        if not function.asks_inside:
            # The verb is not the outermost one here, so it does not ask by itself.
            who = people.find(self._runtime, str(said.get(signer_argument(function), "")))
            access.require(self._runtime, who, function.action)
        return cast("Callable[..., Any]", function)


def signer_argument(verb: Callable[..., Any]) -> str:
    """The argument of a verb that names who signs."""
    return "by" if "by" in inspect.signature(verb).parameters else "person"
