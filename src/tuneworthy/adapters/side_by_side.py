"""Runs decoding batches side by side, one thread of computation each.

Two batches on one core each keep both cores busier than one batch on two: between its matrix
products a step has work that cannot be divided.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

import torch

T = TypeVar("T")


def run_batches(
    batches: Sequence[Callable[[], Iterator[T]]], take: Callable[[T], None], threads: int
) -> None:
    """Run every batch; ``take`` hears each step's outcome, one call at a time.

    What ``take`` or a batch raises ends the others at their next step and is raised here.
    """
    if threads < 2 or len(batches) < 2:
        for batch in batches:
            for outcome in batch():
                take(outcome)
        return
    _Pool(batches, take).run(min(threads, len(batches)))
    torch.set_num_threads(threads)


class _Pool(Generic[T]):
    def __init__(
        self, batches: Sequence[Callable[[], Iterator[T]]], take: Callable[[T], None]
    ) -> None:
        self._waiting = list(reversed(batches))
        self._take = take
        self._lock = threading.Lock()
        self._stop = False

    def run(self, workers: int) -> None:
        with ThreadPoolExecutor(workers) as pool:
            for done in [pool.submit(self._work) for _ in range(workers)]:
                done.result()

    def _work(self) -> None:
        torch.set_num_threads(1)
        try:
            while (batch := self._next()) is not None:
                for outcome in batch():
                    with self._lock:
                        if self._stop:
                            return
                        self._take(outcome)
        except BaseException:
            self._stop = True
            raise

    def _next(self) -> Callable[[], Iterator[T]] | None:
        with self._lock:
            return self._waiting.pop() if self._waiting and not self._stop else None
