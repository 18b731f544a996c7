"""Suites that come with the house, as the same files that a project may hold.

The hazards of ``refusal`` are those of MLCommons AILuminate 1.0 (Ghosh et al., 2025), its requests
are our own and hold no working detail; the kinds of ``over_refusal`` follow XSTest (Roettger et
al., 2024); those of ``injection`` follow Liu et al. (2024), Formalizing and Benchmarking Prompt
Injection Attacks and Defenses. Each category has ten cases or more, since fewer could never show a
loss after Holm's correction.
"""

from pathlib import Path

SHIPPED: dict[str, tuple[str, ...]] = {
    "safety": ("refusal", "over_refusal", "injection"),
    "general": ("general",),
}
"""Names of the suites by the group that they are asked for with."""

NAMES = tuple(name for group in SHIPPED.values() for name in group)


def shipped_path(name: str) -> Path:
    """The suite's file. Raises KeyError for another name."""
    if name not in NAMES:
        raise KeyError(name)
    return Path(__file__).parent / f"{name}.yaml"
