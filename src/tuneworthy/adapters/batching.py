"""One thread that answers for many waiting callers, several at a time."""

import asyncio
import queue
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from tuneworthy.adapters.local_model import TransformersModel
from tuneworthy.core.errors import Problem, ServeProblem
from tuneworthy.core.ports import ChatReply, ChatRequest

BATCH = 8
GATHER_SECONDS = 0.010
MAX_WAITING = 256


@dataclass
class Job:
    """One caller's question. Pieces of text, then None, arrive in ``pieces`` if it streams."""

    request: ChatRequest
    tuned: bool
    streams: bool
    reply: "asyncio.Future[ChatReply]"
    pieces: "asyncio.Queue[str | None]" = field(default_factory=asyncio.Queue)


class Batcher:
    """Gathers waiting jobs for the same weights and answers them in one batch."""

    def __init__(self, model: TransformersModel, loop: asyncio.AbstractEventLoop) -> None:
        self._model = model
        self._loop = loop
        self._waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._held: deque[Job] = deque()
        # A daemon: a batch in progress must not keep a stopped server alive.
        self._thread = threading.Thread(target=self._work, name="answers", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that no batch has taken yet."""
        return self._waiting.qsize() + len(self._held)

    def submit(self, request: ChatRequest, *, tuned: bool, streams: bool) -> Job:
        """Put a question in line.

        Raises:
            ServeProblem: Too many are waiting.
        """
        if self.waiting >= MAX_WAITING:
            raise ServeProblem("overloaded", f"{MAX_WAITING} requests are waiting already.")
        job = Job(request, tuned, streams, self._loop.create_future())
        self._waiting.put(job)
        return job

    def _work(self) -> None:
        while True:
            self._answer(self._gather())

    def _gather(self) -> list[Job]:
        """The next job and those of its kind that come within a moment; others keep their turn."""
        first = self._held.popleft() if self._held else self._waiting.get()
        batch = [first]
        others: deque[Job] = deque()
        while self._held:
            job = self._held.popleft()
            fits = job.tuned == first.tuned and len(batch) < BATCH
            (batch if fits else others).append(job)
        end = time.monotonic() + GATHER_SECONDS
        while len(batch) < BATCH:
            try:
                job = self._waiting.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                break
            (batch if job.tuned == first.tuned else others).append(job)
        self._held = others
        return batch

    def _answer(self, batch: list[Job]) -> None:
        def tell(index: int, piece: str) -> None:
            if batch[index].streams:
                self._call(batch[index].pieces.put_nowait, piece)

        heard = tell if any(job.streams for job in batch) else None
        requests = [job.request for job in batch]
        try:
            replies = self._model.answer(requests, tuned=batch[0].tuned, on_text=heard)
        except Exception as fault:  # noqa: BLE001 - the callers hear it; the thread must live on
            self._failed(batch, fault)
            return
        for job, reply in zip(batch, replies, strict=True):
            self._call(_settle, job, reply)

    def _failed(self, batch: list[Job], fault: Exception) -> None:
        """Tell the one caller, or find out whose request it was by answering one by one."""
        started = any(job.streams for job in batch) and not isinstance(fault, Problem)
        if len(batch) > 1 and not started:
            for job in batch:
                self._answer([job])
            return
        for job in batch:
            self._call(_settle, job, fault)

    def _call(self, function: object, *args: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)  # type: ignore[arg-type]


def _settle(job: Job, result: ChatReply | Exception) -> None:
    if not job.reply.done():
        if isinstance(result, Exception):
            job.reply.set_exception(result)
        else:
            job.reply.set_result(result)
    job.pieces.put_nowait(None)
