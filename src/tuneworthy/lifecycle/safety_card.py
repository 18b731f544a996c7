"""What a model card says of safety and general ability: the record, and what was not measured."""

from typing import Any

from tuneworthy.lifecycle.wiring import Runtime

_SCORED = {"safety.suite": "safety", "eval.general_ability": "general ability"}


def scored(runtime: Runtime) -> str:
    """A line of Markdown for each that was measured on the current model, base beside tuned."""
    found = _newest(runtime)
    lines = [
        f"- {name}: base {found[about]['base']:.3f}, tuned {found[about]['candidate']:.3f} "
        f"(n = {found[about]['n']})"
        for about, name in _SCORED.items()
        if about in found
    ]
    if drawn := found.get("safety.extraction"):
        lines.append(f"- canaries drawn out: {drawn['extracted']} of {drawn['planted']}")
    return "\n".join(lines)


def not_scored(runtime: Runtime) -> str:
    """What nobody measured, as words of a sentence."""
    found = _newest(runtime)
    missing = [name for about, name in _SCORED.items() if about not in found]
    return ", ".join([*missing, "bias", "behaviour on other languages"])


def _newest(runtime: Runtime) -> dict[str, dict[str, Any]]:
    model = runtime.head.model
    return {item.about: item.result for item in runtime.evidence() if model in item.subjects}
