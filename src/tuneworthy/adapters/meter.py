"""What a piece of work costs this process: CPU seconds, wall seconds, peak memory."""

import ctypes
import gc
import os
import threading
import time
from types import TracebackType

import psutil

_PERIOD = 0.05
_MB = 1e6


class Meter:
    """Measures from entry to exit; memory is sampled by a thread of its own."""

    def __init__(self) -> None:
        self.peak_memory_mb = 0.0
        self._process = psutil.Process()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="memory", daemon=True)
        self._cpu = self._wall = 0.0

    def __enter__(self) -> "Meter":
        self._cpu, self._wall = _cpu_now(), time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    @property
    def cpu_seconds(self) -> float:
        """User and system seconds of this process since entry."""
        return _cpu_now() - self._cpu

    @property
    def wall_seconds(self) -> float:
        """Seconds on the clock since entry."""
        return time.monotonic() - self._wall

    def _sample(self) -> None:
        while not self._stop.wait(_PERIOD):
            self._look()

    def _look(self) -> None:
        self.peak_memory_mb = max(self.peak_memory_mb, self._process.memory_info().rss / _MB)


def give_back_memory() -> None:
    """Return freed memory to the system, where the C library can."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _cpu_now() -> float:
    times = os.times()
    return times.user + times.system
