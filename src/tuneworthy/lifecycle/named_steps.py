"""What the audit chain says of finished steps, so that a row written by hand is no result."""

from collections.abc import Mapping
from typing import Any

from tuneworthy.core.ports import Store
from tuneworthy.core.version import VERSION
from tuneworthy.lifecycle.chain_reader import ChainReader
from tuneworthy.methods.canonical import digest, digest_bytes

FINISH = "step.finish"
"""The action under which a step's output is remembered."""


def step_key(step: str, inputs: Mapping[str, Any]) -> str:
    """Under what the output of a step over these inputs is remembered."""
    return digest({"step": step, "version": VERSION, "inputs": dict(inputs)})


class NamedSteps(ChainReader):
    """The outputs that the events read so far name, by the digest of the step's inputs."""

    def __init__(self) -> None:
        super().__init__()
        self._outputs: dict[str, str] = {}

    def _take(self, event: dict[str, Any]) -> None:
        if event["action"] == FINISH and event["decision"] != "deny":
            self._outputs[event["object"]["digest"]] = event["after"]

    def gave(self, store: Store, key: str, output: str) -> bool:
        """Whether the step with these inputs gave this output.

        Events of earlier releases name the step and no output; theirs is believed.
        """
        self.read_on(store)
        return self._outputs.get(key) in ("", digest_bytes(output.encode()))
