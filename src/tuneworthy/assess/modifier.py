"""Whether tuning uses so much compute that whoever tunes becomes a provider of a new model.

The European Commission's guidelines of July 2025 on general-purpose AI models give an indicative
bound: a third of what the original model took to train. Where that is not known, a third of
1e23 FLOP stands for it, or of 1e25 for a model with systemic risk.
"""

from typing import Literal

from tuneworthy.core.nouns.base import Part

GENERAL_PURPOSE_FLOP = 1e23
SYSTEMIC_RISK_FLOP = 1e25
PARTS = 3
"""The bound is one part of so many."""

_PER_PARAMETER_AND_TOKEN = {"full": 6, "adapter": 4}


class ModifierCheck(Part):
    """The compute of a tuning against the bound. Compute is in FLOP."""

    flop: float
    bound: float
    basis: Literal["base model", "fallback", "systemic-risk fallback"]
    """What the bound is a third of: the base model's own training, or the fallback for it."""
    times_below: float
    """Bound over compute; below 1 the bound is passed."""
    below: bool


def tuning_flop(parameters: float, tokens: float, method: Literal["full", "adapter"]) -> float:
    """An estimate of the FLOP of a tuning: 6PT in full, 4PT where the base stays frozen.

    The first is the usual count (Kaplan et al. 2020, arXiv:2001.08361): two FLOP forward and four
    backward for each parameter and token. An adapter leaves out the gradients of frozen weights.

    Raises:
        ValueError: A count is not above 0.
    """
    if not (parameters > 0 and tokens > 0):
        raise ValueError("parameters and tokens must be above 0")
    return _PER_PARAMETER_AND_TOKEN[method] * float(parameters) * float(tokens)


def check_modifier(
    flop: float, base_flop: float | None = None, *, systemic_risk: bool = False
) -> ModifierCheck:
    """Compare the compute of a tuning with a third of what the base model took.

    Args:
        flop: What the tuning takes.
        base_flop: What training the base model took; None where nobody has put it on record.
        systemic_risk: Whether the base is a model with systemic risk.

    Raises:
        ValueError: A figure is not above 0.
    """
    if not flop > 0 or (base_flop is not None and not base_flop > 0):
        raise ValueError("compute must be above 0")
    basis: Literal["base model", "fallback", "systemic-risk fallback"] = "base model"
    whole = base_flop
    if whole is None:
        basis = "systemic-risk fallback" if systemic_risk else "fallback"
        whole = SYSTEMIC_RISK_FLOP if systemic_risk else GENERAL_PURPOSE_FLOP
    bound = whole / PARTS
    return ModifierCheck(
        flop=flop, bound=bound, basis=basis, times_below=bound / flop, below=flop < bound
    )
