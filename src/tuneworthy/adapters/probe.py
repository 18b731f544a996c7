"""What a training run will cost, from a few of its real steps.

CPU time is fitted as a line over padded tokens per batch; memory is the peak after the longest
batch, with a margin because it creeps up over a run.
"""

from collections.abc import Sequence

import numpy as np

from tuneworthy.adapters.lora_run import LoraRun
from tuneworthy.adapters.meter import Meter
from tuneworthy.adapters.training_data import padded_tokens
from tuneworthy.core.nouns.run import Cost
from tuneworthy.core.ports import Progress

STEPS = 12
MIN_STEPS = 4
BUDGET_SECONDS = 45.0
"""Stop probing after so many CPU seconds, once MIN_STEPS are done."""
MEMORY_MARGIN = 1.08
TRUNK_SHARE = 0.1
"""Part of the rows whose frozen layers are computed to time them."""


def estimate_cost(run: LoraRun, meter: Meter, progress: Progress | None) -> Cost:
    """Run some of the run's own steps and extrapolate to all of them."""
    probe = _probe_batches(run)
    rows = sorted({row for batch in probe for row in batch})
    setup = meter.cpu_seconds
    trunk = _trunk_seconds(run, rows, meter)
    sizes, seconds = _steps(run, probe, meter, progress)
    warmup, slope, base = _line(sizes, seconds)
    every = [padded_tokens(run.rows, batch) for batch in run.batches]
    steps = sum(base + slope * size for size in every)
    cpu = setup + trunk + warmup + steps
    wall = max(cpu / max(1, run.settings.threads), cpu * min(1.0, _wall_share(meter)))
    return Cost(
        cpu_seconds=cpu,
        wall_seconds=wall,
        wall_seconds_high=max(cpu, cpu * _wall_share(meter)) * 1.3,
        peak_memory_mb=_memory(run, rows, meter),
        tokens=run.tokens,
        flop=run.flop(),
        steps=len(run.batches),
    )


def _probe_batches(run: LoraRun) -> list[list[int]]:
    """The longest batch, then batches spread evenly over the sizes, large and small in turn."""
    order = sorted(run.batches, key=lambda batch: -padded_tokens(run.rows, batch))
    count = min(STEPS, len(order))
    spread = np.linspace(0, len(order) - 1, count).round().astype(int)
    chosen = [order[index] for index in spread]
    first, rest = chosen[:1], chosen[1:]
    half = (len(rest) + 1) // 2
    mixed = [b for pair in zip(rest[:half], reversed(rest[half:]), strict=False) for b in pair]
    mixed += [batch for batch in rest if not any(batch is other for other in mixed)]
    # The first step builds kernels and optimiser state: the longest batch is run twice.
    return first + first + mixed


def _trunk_seconds(run: LoraRun, rows: Sequence[int], meter: Meter) -> float:
    if run.trunk is None:
        return 0.0
    before = meter.cpu_seconds
    run.trunk.fill(run.rows, set(rows), run.pad)
    spent = meter.cpu_seconds - before
    done = sum(len(run.rows[row].ids) for row in rows)
    return spent * sum(len(run.rows[row].ids) for row in run.wanted) / done


def _steps(
    run: LoraRun, probe: list[list[int]], meter: Meter, progress: Progress | None
) -> tuple[list[int], list[float]]:
    """Padded tokens and CPU seconds of each probe step, made by the trainer that will train."""
    step = run.trial()
    sizes: list[int] = []
    seconds: list[float] = []
    start = meter.cpu_seconds
    for number, batch in enumerate(probe):
        before = meter.cpu_seconds
        step(batch)
        sizes.append(padded_tokens(run.rows, batch))
        seconds.append(meter.cpu_seconds - before)
        if progress:
            progress("estimate", number + 1, len(probe))
        if number + 1 >= MIN_STEPS and meter.cpu_seconds - start > BUDGET_SECONDS:
            break
    return sizes, seconds


def _line(sizes: list[int], seconds: list[float]) -> tuple[float, float, float]:
    """Extra seconds of the first step, then slope and intercept (never below zero) of the rest."""
    x, y = np.array(sizes[1:], float), np.array(seconds[1:], float)
    if len(x) == 0:
        return 0.0, seconds[0] / sizes[0], 0.0
    slope, base = float(y.sum() / x.sum()), 0.0
    if len(np.unique(x)) > 2:
        fitted, offset = np.polyfit(x, y, 1)
        if fitted > 0 and offset > 0:
            slope, base = float(fitted), float(offset)
    warmup = max(0.0, seconds[0] - (base + slope * sizes[0]))
    return warmup, slope, base


def _memory(run: LoraRun, rows: Sequence[int], meter: Meter) -> float:
    kept = 0.0
    if run.trunk is not None:
        rest = run.wanted - set(rows)
        width = int(run.causal.config.hidden_size) * run.causal.dtype.itemsize
        kept = sum(len(run.rows[row].ids) for row in rest) * width / 1e6
    return (meter.peak_memory_mb + kept) * MEMORY_MARGIN


def _wall_share(meter: Meter) -> float:
    """Wall seconds per CPU second so far; above 1 on a busy machine."""
    return meter.wall_seconds / max(meter.cpu_seconds, 1e-6)
