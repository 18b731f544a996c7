"""A piece of evidence by what people call it."""

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import short


def evidence_called(runtime: Runtime, name: str) -> Evidence:
    """The newest evidence about this, or whose id starts so. Raises ConfigProblem."""
    start = name.removeprefix("sha256:")
    found = [e for e in runtime.evidence() if e.about == name or short(e.id, 64).startswith(start)]
    if not start or not found:
        raise ConfigProblem(
            "no_evidence", f"There is no evidence '{name[:80]}'.", fix="tuneworthy assess"
        )
    return found[-1]
