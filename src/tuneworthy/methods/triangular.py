"""Draws from a triangular distribution: a lowest, a likeliest and a highest value, no more."""

import numpy as np

from tuneworthy.methods.bootstrap import FloatArray


def triangular(uniform: FloatArray, low: float, mode: float, high: float) -> FloatArray:
    """The values at which the distribution function reaches ``uniform`` (each 0..1).

    By inversion and not by a library's sampler, whose stream may change with its version.

    Source: Johnson (1997), "The Triangular Distribution as a Proxy for the Beta Distribution in
    Risk Analysis", J. R. Stat. Soc. D 46 (3), 387-398.

    Raises:
        ValueError: The three values fall, or are no finite numbers.
    """
    if not -np.inf < low <= mode <= high < np.inf:
        raise ValueError(f"low {low}, mode {mode} and high {high} must be finite and not fall")
    if low == high:
        return np.full(uniform.shape, low)
    width = high - low
    turn = (mode - low) / width
    rising = low + width * np.sqrt(uniform * turn)
    falling = high - width * np.sqrt((1 - uniform) * (1 - turn))
    # The clip takes back what rounding may add at the ends.
    drawn: FloatArray = np.clip(np.where(uniform < turn, rising, falling), low, high)
    return drawn
