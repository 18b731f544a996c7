"""Steps over many items in other processes, by Daft: its own runner, or Ray's on many machines.

Of Daft only this is used: a column of bytes in, a function in processes of its own over it, bytes
out with their number. Order is restored here, so that no result depends on who was quicker.
"""

import os
import pickle
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import Any, TypeVar

import daft
from daft import DataType, Series, col

from tuneworthy.core.errors import ConfigProblem

_chosen: list[str] = []
"""The runner of this process, once it is set."""

A = TypeVar("A")
B = TypeVar("B")

WAVE = 64
"""Items that are under way together; bounds the memory in use."""


class DaftEngine:
    """An Engine on Daft.

    Args:
        ray: None for this machine's processes; an address of a Ray cluster, or ``""`` for the one
            that ``RAY_ADDRESS`` names or else one started here.
        workers: Processes; by default one a core of this machine, or two on Ray.
    """

    def __init__(self, ray: str | None = None, workers: int = 0) -> None:
        self._ray = ray
        self._workers = workers or (2 if ray is not None else os.cpu_count() or 1)

    def map(self, step: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """The step's results, in the order of the items."""
        self._start()
        run = _worker(pickle.dumps(step), self._workers)
        rest = iter(items)
        while wave := list(islice(rest, WAVE)):
            yield from _wave(run, wave)

    def _start(self) -> None:
        """Set the runner; Daft takes one for the life of a process."""
        os.environ.setdefault("DAFT_PROGRESS_BAR", "0")
        kind = "native" if self._ray is None else "ray"
        if _chosen:
            if _chosen[0] != kind:
                raise ConfigProblem(
                    "two_engines",
                    f"This process has used the engine '{_chosen[0]}' and cannot turn to '{kind}'.",
                    fix="Start anew: one process, one engine.",
                )
            return
        try:
            daft.set_runner_ray(self._ray or None) if kind == "ray" else daft.set_runner_native()
        except (ImportError, ConnectionError, RuntimeError, ValueError) as fault:
            raise ConfigProblem(
                "no_ray",
                "The Ray cluster cannot be reached.",
                why=str(fault).splitlines()[0],
                fix="pip install 'tuneworthy[ray]', start Ray, and mend 'engine' in "
                "tuneworthy.yaml; or set engine: local.",
            ) from fault
        _chosen.append(kind)


def _worker(step: bytes, workers: int) -> Callable[[Any], Any]:
    """A Daft function that applies a pickled step to pickled items, each in ``workers`` processes.

    A failure is carried back as a value, so that the error's own type and words arrive.
    """

    @daft.cls(max_concurrency=workers, use_process=True)
    class Worker:
        def __init__(self) -> None:
            self._step = pickle.loads(step)  # noqa: S301 - made by this process

        @daft.method.batch(return_dtype=DataType.binary(), batch_size=1)
        def run(self, items: Series) -> list[bytes]:
            return [self._one(item) for item in items.to_pylist()]

        def _one(self, item: bytes) -> bytes:
            try:
                return pickle.dumps((True, self._step(pickle.loads(item))))  # noqa: S301
            except Exception as fault:  # noqa: BLE001 - raised where the results are read
                return pickle.dumps((False, fault))

    run: Callable[[Any], Any] = Worker().run
    return run


def _wave(run: Callable[[Any], Any], items: list[Any]) -> Iterator[Any]:
    rows = {"number": list(range(len(items))), "item": [pickle.dumps(item) for item in items]}
    frame = daft.from_pydict(rows).into_batches(1)
    wanted = frame.select(col("number"), run(col("item")).alias("result"))
    done = _stoppable(wanted.to_pydict)
    results = dict(zip(done["number"], done["result"], strict=True))
    for number in range(len(items)):
        fine, result = pickle.loads(results.pop(number))  # noqa: S301 - made by our own worker
        if not fine:
            raise result
        yield result


def _stoppable(work: Callable[[], B]) -> B:
    """Do the work in a thread of its own: native code would keep this one from hearing Ctrl+C."""
    answer: Future[B] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as fault:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(fault)

    threading.Thread(target=run, name="daft", daemon=True).start()
    return answer.result()
