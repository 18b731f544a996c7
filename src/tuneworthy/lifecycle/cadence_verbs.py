"""The part of a Workspace that is about duties that come round, alerts and the programme."""

from pathlib import Path
from typing import Literal

from tuneworthy.core.nouns.duties import (
    DutiesRaised,
    DutyNote,
    DutyPlanState,
    DutyState,
    DutySummary,
    ProgrammeState,
)
from tuneworthy.core.nouns.monitoring import Alert, Proposal
from tuneworthy.core.nouns.words import PolicyChange
from tuneworthy.govern import Action
from tuneworthy.lifecycle import acknowledging, duties, duty_plan, programme
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class CadenceVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    def duties(self) -> tuple[DutyState, ...]:
        """Every task of a duty that is due by now, with its state."""
        return duties.states(self._runtime)

    def duty_summary(self) -> DutySummary | None:
        """All duties in one line; None while none has begun."""
        return duties.summary(self._runtime)

    def duty_plan_text(self) -> str:
        """The plan of duties in force, as a file."""
        return duty_plan.text(self._runtime)

    def duty_plan(self) -> DutyPlanState:
        """Which plan of duties counts, and whether the project's file waits for signatures."""
        return duty_plan.state(self._runtime)

    @needs(Action.CHANGE_POLICY, inside=True)
    def propose_duties(self, by: str, reason: str, key: Path | None = None) -> PolicyChange:
        """A governance owner's word for a plan of duties that asks for less."""
        return duty_plan.propose(self._runtime, by, reason, key)

    @needs(Action.CONFIRM_POLICY, inside=True)
    def confirm_duties(self, by: str, reason: str, key: Path | None = None) -> DutyPlanState:
        """A second person's word for the proposed plan; it counts from then on."""
        return duty_plan.confirm(self._runtime, by, reason, key)

    @needs(Action.MONITOR)
    def raise_duties(self) -> DutiesRaised:
        """Raise the tasks that have come due, alert whom they escalate to, close what is over."""
        return duties.raise_due(self._runtime)

    @needs(Action.DO_DUTY, by="by")
    def duty_done(
        self,
        duty: str,
        by: str,
        reason: str,
        *,
        period: str = "",
        evidence: str = "",
        key: Path | None = None,
    ) -> DutyNote:
        """A signed note that a task is done; ``evidence`` carries one that came late to it."""
        return duties.note(
            self._runtime, duty, "done", by, reason, period=period, evidence=evidence, key=key
        )

    @needs(Action.DO_DUTY, by="by")
    def duty_skipped(
        self, duty: str, by: str, reason: str, *, period: str = "", key: Path | None = None
    ) -> DutyNote:
        """The signed word of whom a task escalates to that it need not be done."""
        return duties.note(self._runtime, duty, "skipped", by, reason, period=period, key=key)

    @needs(Action.ACKNOWLEDGE, by="by")
    def acknowledge(
        self,
        name: str,
        by: str,
        reason: str,
        decision: Literal["", "accepted", "declined"] = "",
    ) -> Alert | Proposal:
        """Take an alert upon oneself, or accept or decline a proposal."""
        return acknowledging.acknowledge(self._runtime, name, by, reason, decision)

    def programme(self) -> ProgrammeState:
        """Where the roll-out programme stands, phase by phase."""
        return programme.state(self._runtime)

    def programme_text(self) -> str:
        """The programme in force, as a file."""
        return programme.text(self._runtime)
