"""Training rows get their machine hours from the estimator: what is measured is not asked."""

from collections.abc import Mapping
from typing import Any

from tuneworthy.assess.cost_rows import Amount, CostRow, Costs, is_figure

_SECONDS = 3600
_TERA = 1e12
_MOST = 1e40
"""FLOP or seconds; beyond it a figure is no estimate."""


def fill_training(costs: Costs, estimate: Mapping[str, Any] | None) -> Costs:
    """The same rows, with measured hours in those of ``kind: training``.

    By ``cpu_hour_rate`` the estimated CPU seconds are the hours. By ``gpu_rate`` CPU seconds say
    nothing; the estimated FLOP over what the GPU sustains are. A typed figure stays where
    the estimate lacks what is needed.

    Args:
        costs: The rows.
        estimate: The result of the evidence ``train.estimate``; None when there is none.
    """
    if not estimate:
        return costs
    return costs.model_copy(
        update={
            "upfront": tuple(_filled(row, estimate) for row in costs.upfront),
            "ongoing": tuple(_filled(row, estimate) for row in costs.ongoing),
        }
    )


def _filled(row: CostRow, estimate: Mapping[str, Any]) -> CostRow:
    if row.kind != "training":
        return row
    if row.cpu_hour_rate is not None:
        hours = _amount(estimate.get("cpu_seconds"), (_SECONDS, _SECONDS, _SECONDS))
        return row if hours is None else row.model_copy(update={"cpu_hours": hours})
    if row.gpu_teraflops is None:
        return row
    speed = row.gpu_teraflops
    hours = _amount(
        estimate.get("flop"),
        (
            speed.high * _TERA * _SECONDS,
            speed.middle * _TERA * _SECONDS,
            speed.low * _TERA * _SECONDS,
        ),
    )
    return row if hours is None else row.model_copy(update={"gpu_hours": hours})


def _amount(measured: object, over: tuple[float, float, float]) -> Amount | None:
    """The measured figure over three divisors, largest first; None when it is no such figure."""
    if isinstance(measured, bool) or not isinstance(measured, int | float):
        return None
    if not 0 < measured < _MOST:
        return None
    low, middle, high = (measured / divisor for divisor in over)
    return Amount(low=low, middle=middle, high=high) if is_figure(high) else None
