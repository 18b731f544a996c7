"""The SDK's verbs that follow a response back, and data on to responses."""

from typing import Any

from tuneworthy.core.nouns.lineage import Recall
from tuneworthy.core.nouns.report import TraceStep
from tuneworthy.lifecycle import recalling, tracing
from tuneworthy.lifecycle.wiring import Runtime


class TraceVerbs:
    """What a Workspace can tell of where answers come from and where data went."""

    _runtime: Runtime

    def trace(self, response_id: str) -> tuple[TraceStep, ...]:
        """From a response to the people who approved it."""
        return tracing.walk(self._runtime, response_id)

    def trace_json(self, response_id: str, *, proofs: bool = False) -> dict[str, Any] | None:
        """The same as JSON, each fact under its name too; None when the response is not known.

        With ``proofs``, also that the audit events of what is named are in the signed log.
        """
        return tracing.as_dict(self._runtime, response_id, proofs=proofs)

    def recall(self, asked: str) -> Recall:
        """From a dataset version, a record or a source row to every response that may rest on it.

        Raises ConfigProblem when nothing of that name was trained on.
        """
        return recalling.recall(self._runtime, asked)
