"""How far an estimate was from the truth, and what decides a run's bytes."""

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.run import Cost, RunManifest
from tuneworthy.methods.canonical import digest


class EstimateError(Part):
    """Relative errors, signed: 0.1 means the run took 10 % more than estimated."""

    cpu_seconds: float
    peak_memory: float
    wall_in_range: bool


def estimate_error(estimate: Cost, actual: Cost) -> EstimateError:
    """Actual over estimate minus one, for time and memory."""
    return EstimateError(
        cpu_seconds=_over(actual.cpu_seconds, estimate.cpu_seconds),
        peak_memory=_over(actual.peak_memory_mb, estimate.peak_memory_mb),
        wall_in_range=estimate.wall_seconds
        <= actual.wall_seconds
        <= (estimate.wall_seconds_high or estimate.wall_seconds),
    )


def _over(actual: float, estimate: float) -> float:
    return round(actual / estimate - 1, 4) if estimate else 0.0


def run_id(manifest: RunManifest) -> str:
    """The digest of everything that decides the run's bytes; the same manifest is the same run."""
    return digest(manifest)
