"""The part of a Workspace that serves: the route, rollouts, what gateways record and ask."""

from collections.abc import Callable, Sequence
from typing import Any

from tuneworthy.core.nouns.serving import Feedback, Interaction, Rollout, Route
from tuneworthy.core.nouns.serving_state import ServingState
from tuneworthy.core.sealing_ports import Sealer
from tuneworthy.govern import Action
from tuneworthy.lifecycle import backends, jobs, rollouts, sealing, serving
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.jobs import Jobs
from tuneworthy.lifecycle.wiring import Runtime


class ServeVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.OPEN_ROUTE)
    def open_route(self) -> Route:
        """The project's route, with the base model in production at first."""
        return serving.open_route(self._runtime)

    def serving_state(self) -> ServingState:
        """Routes, manifests and permits as they stand now."""
        return serving.state(self._runtime)

    def backends(self, threads: int | None = None) -> backends.Backends:
        """Model servers for the manifests in use; close them when done."""
        return backends.Backends(self._runtime, threads)

    @needs(Action.RECORD_TRAFFIC)
    def record(self, rows: Sequence[Interaction], notes: Sequence[Feedback] = ()) -> int:
        """Keep what a gateway recorded; rows already kept are skipped."""
        return self._runtime.store.record(rows, notes)

    @needs(Action.RECORD_TRAFFIC)
    def take_in(self) -> int:
        """Move what gateways recorded on this machine into the ledger; returns the new rows."""
        return sealing.take_in(self._runtime)

    def sealer(self) -> Sealer:
        """What seals rows before they are recorded. Raises IntegrityProblem without the keys."""
        return self._runtime.store.sealer

    def changes_since(self, event: int) -> int:
        """The number of the newest audit event, asked cheaply: has anything changed?"""
        newest = event
        for later in self._runtime.store.audit(event):
            newest = later.seq
        return newest

    @needs(Action.RAISE_EXPOSURE, inside=True)
    def start_rollout(self, *, drill: bool = False) -> Rollout:
        """Put the approved version into the first canary stage."""
        return rollouts.start(self._runtime, drill=drill)

    @needs(Action.ROLL_BACK, inside=True)
    def end_rollout(self, rollout: str, reason: str, *, promoted: bool = False) -> Rollout:
        """Roll back, or promote from the last stage, by a person's word."""
        return rollouts.end(self._runtime, rollout, reason, promoted=promoted)

    @needs(Action.ROLL_BACK, inside=True)
    def roll_back_production(self, reason: str) -> Route:
        """Put the previous manifest back into production."""
        return rollouts.retire_production(self._runtime, reason)

    def rollouts(self) -> list[Rollout]:
        """Every rollout, oldest first."""
        return rollouts.all_of(self._runtime)

    @needs(Action.MONITOR)
    def job_engine(self, blocks: Callable[[str], Sequence[Any]]) -> Jobs:
        """The durable jobs of a gateway process; unfinished rollouts go on at once."""
        return jobs.engine(self._runtime, blocks)

    @needs(Action.MONITOR)
    def take_up_rollouts(self, engine: Jobs) -> None:
        """See that every rollout under way is watched by a job of ``engine``."""
        jobs.take_up_rollouts(self._runtime, engine)

    def interactions(self) -> list[Interaction]:
        """Recorded requests and responses, oldest first."""
        return list(self._runtime.store.interactions(self._runtime.project.id))
