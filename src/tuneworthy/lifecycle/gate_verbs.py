"""The part of a Workspace that is about people's standing, exceptions, asks and gate policy."""

from pathlib import Path

from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.words import (
    Ask,
    AskReply,
    AskState,
    ExceptionEnd,
    GateChanged,
    GateException,
    GateRequest,
    PendingChange,
    PersonChange,
    PolicyChange,
    PolicyState,
)
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    asking,
    changed,
    excepting,
    gates,
    granting,
    policies,
    requesting,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class GateVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.GRANT, inside=True)
    def grant(
        self, person: str, role: str, by: str, reason: str, key: Path | None = None
    ) -> PersonChange:
        """Propose one more role for a person; another confirms it, and it holds a day later."""
        return granting.grant(self._runtime, person, role, by, reason, key)

    @needs(Action.GRANT, inside=True)
    def change_key(
        self, person: str, public_key: str, by: str, reason: str, key: Path | None = None
    ) -> PersonChange:
        """Propose another public key for a person; it waits as a grant does."""
        return granting.change_key(self._runtime, person, public_key, by, reason, key)

    @needs(Action.CONFIRM_GRANT, inside=True)
    def confirm_change(
        self, change: str, by: str, reason: str, key: Path | None = None
    ) -> PendingChange:
        """A second person's word for a proposed role or key."""
        return granting.confirm(self._runtime, change, by, reason, key)

    @needs(Action.REVOKE, inside=True)
    def revoke(
        self,
        person: str,
        role: str,
        by: str,
        reason: str,
        key: Path | None = None,
        *,
        anyway: bool = False,
    ) -> PersonChange:
        """Take a role from a person, at once; ``anyway``: though nobody can grant one then."""
        return granting.revoke(self._runtime, person, role, by, reason, key, anyway=anyway)

    @needs(Action.DEACTIVATE, inside=True)
    def deactivate(
        self, person: str, by: str, reason: str, key: Path | None = None, *, anyway: bool = False
    ) -> PersonChange:
        """Put a person out of duty, at once; ``anyway``: though nobody can grant a role then."""
        return granting.deactivate(self._runtime, person, by, reason, key, anyway=anyway)

    def pending_changes(self) -> list[PendingChange]:
        """Roles and keys that do not hold yet."""
        return granting.pending(self._runtime)

    @needs(Action.EXCEPT, inside=True)
    def except_evidence(
        self,
        gate: str,
        about: str,
        *,
        by: str,
        owner: str,
        until: str,
        reason: str,
        key: Path | None = None,
    ) -> GateException:
        """A gate does without one piece of evidence until the end of a day, 30 days off at most."""
        return gates.except_evidence(
            self._runtime,
            GateName(gate),
            about,
            by=by,
            owner=owner,
            until=until,
            reason=reason,
            key=key,
        )

    @needs(Action.END_EXCEPTION, inside=True)
    def end_exception(
        self, exception: str, by: str, reason: str, key: Path | None = None
    ) -> ExceptionEnd:
        """End an exception before its time."""
        return excepting.end(self._runtime, exception, by, reason, key)

    def exceptions(self) -> list[GateException]:
        """Every exception that was signed, in force or not, oldest first."""
        return excepting.all_of(self._runtime)

    @needs(Action.REQUEST, inside=True)
    def request_decision(
        self, gate: str, by: str, reason: str, key: Path | None = None
    ) -> GateRequest:
        """Ask for a gate's decision on what it decides on now; whoever asks does not decide."""
        name = GateName(gate)
        about = gates.subject(self._runtime, name)
        return requesting.request(self._runtime, name, about, by, reason, key)

    def nobody_left(self, gate: str) -> list[str]:
        """The roles of a gate that only those hold who asked for its decision now."""
        name = GateName(gate)
        about = gates.subject(self._runtime, name)
        return [role.value for role in requesting.left_alone(self._runtime, name, about)]

    @needs(Action.ASK, inside=True)
    def ask(self, gate: str, by: str, text: str, key: Path | None = None) -> Ask:
        """Ask for more before a gate is approved; nothing is approved there until it is closed."""
        name = GateName(gate)
        return asking.ask(self._runtime, name, gates.subject(self._runtime, name), by, text, key)

    @needs(Action.ANSWER_ASK, inside=True)
    def answer_ask(
        self, ask: str, by: str, text: str, evidence: str = "", key: Path | None = None
    ) -> AskReply:
        """Answer a request for more, by words or by evidence too."""
        return asking.reply(self._runtime, ask, by, text, evidence, key)

    @needs(Action.WITHDRAW_ASK, inside=True)
    def close_ask(self, ask: str, by: str, text: str, key: Path | None = None) -> AskReply:
        """The asker's word that a request is done with, answered or not."""
        return asking.close(self._runtime, ask, by, text, key)

    def asks(self) -> list[AskState]:
        """Every request for more about what the gates decide on now."""
        return [
            one
            for gate in GateName
            for one in asking.states(self._runtime, gate, gates.subject(self._runtime, gate))
        ]

    def gate_changed(self, gate: str) -> GateChanged | None:
        """What is different at a gate since its last approval; None when there was none."""
        return changed.since_approval(self._runtime, GateName(gate))

    def gate_policy(self) -> PolicyState:
        """Which policy the gates follow, and whether the project's file waits for signatures."""
        return policies.state(self._runtime)

    def gate_policy_text(self) -> str:
        """The policy in force as a file to start from."""
        return policies.text(self._runtime)

    @needs(Action.CHANGE_POLICY, inside=True)
    def propose_policy(self, by: str, reason: str, key: Path | None = None) -> PolicyChange:
        """A governance owner's word for a policy file that asks for less."""
        return policies.propose(self._runtime, by, reason, key)

    @needs(Action.CONFIRM_POLICY, inside=True)
    def confirm_policy(self, by: str, reason: str, key: Path | None = None) -> PolicyState:
        """A second person's word for the proposed policy; it counts from then on."""
        return policies.confirm(self._runtime, by, reason, key)
