"""The part of a Workspace that is about kept runs: replayed, read and written without a model."""

from pathlib import Path

from tuneworthy.core.nouns.replay import KeptCase, Replay
from tuneworthy.evaluate import ChooseBy
from tuneworthy.govern import Action
from tuneworthy.lifecycle import replaying
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.named_run import find_run
from tuneworthy.lifecycle.wiring import Runtime


class ReplayVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.EVALUATE)
    def replay(self, run: str, metric: str = "", choose_by: ChooseBy | None = None) -> Replay:
        """A kept run's answers scored again, by its suite's metric or another one.

        Args:
            run: The run's id, its first digits, or the prompt's name.
            metric: Another metric's name.
            choose_by: How the likeliest choice is found: ``sum`` or ``bytes``.
        """
        found = find_run(self._runtime, run)
        return replaying.replay(self._runtime, found, metric, choose_by)

    def kept_cases(self, run: str) -> list[KeptCase]:
        """Every question of a run with its raw answer."""
        return replaying.kept_cases(self._runtime, find_run(self._runtime, run))

    def export_run(self, run: str, path: Path) -> int:
        """Write a run as a file of results, one case a line; returns how many."""
        return replaying.export(self._runtime, find_run(self._runtime, run), path)
