"""The SDK's verbs on model versions: their names, out of use and back."""

from tuneworthy.core.nouns.alias import Alias, Drilled
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.govern import Action
from tuneworthy.lifecycle import aliases, readmitting, retiring, withdrawing
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class VersionVerbs:
    """What a Workspace can do with one version."""

    _runtime: Runtime

    def aliases(self) -> dict[str, str]:
        """Every alias with the version that it means now."""
        return aliases.named(self._runtime)

    def version(self, name: str) -> ModelVersion:
        """The version with this id or alias. Raises ConfigProblem."""
        return aliases.resolve(self._runtime, name)

    @needs(Action.SET_ALIAS)
    def give_alias(self, name: str, version: str) -> Alias:
        """Let a name mean a version; it moves no traffic."""
        return aliases.give(self._runtime, name, version)

    @needs(Action.QUARANTINE)
    def quarantine(self, version: str, reason: str) -> ModelVersion:
        """Take a version out of use at once; one person may."""
        return withdrawing.quarantine(self._runtime, version, reason)

    @needs(Action.READMIT, inside=True)
    def readmit(self, version: str, reason: str) -> ModelVersion:
        """Take a version out of quarantine, once its Proof was decided again by two people."""
        return readmitting.readmit(self._runtime, version, reason)

    @needs(Action.RETIRE, inside=True)
    def retire(self, version: str, reason: str) -> ModelVersion:
        """End a version that no longer serves; it never answers again, and its days begin."""
        return retiring.retire(self._runtime, version, reason)

    @needs(Action.DRILL)
    def drill(self, reason: str) -> Drilled:
        """A rollback drill: into the first stage and back, twice, measured and kept as evidence."""
        return withdrawing.drill(self._runtime, reason)
