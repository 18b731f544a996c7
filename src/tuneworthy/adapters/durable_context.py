"""What a durable job's handler gets: steps that are run once, and a way to leave off."""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

from tuneworthy.adapters.durable_outcome import StoppingError, failed, finished, unpack
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ConflictProblem, StoppedProblem

T = TypeVar("T")


class Host(Protocol):
    """What a job needs to know of the program that runs it."""

    @property
    def stopping(self) -> bool:
        """Whether jobs should leave off."""
        ...

    def is_cancelled(self, job_id: str) -> bool:
        """Whether this job was cancelled."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the program stops."""
        ...


class JobContext:
    """What a handler gets to run its steps with.

    A handler may do again whatever stands outside its steps, so all that takes long or leaves a
    trace belongs inside one. The order and the names of the steps may depend only on the payload
    and on the results of earlier steps.
    """

    def __init__(self, job_id: str, host: Host) -> None:
        self.job_id = job_id
        self._host = host

    def step(self, name: str, fn: Callable[[], T]) -> T:
        """Run ``fn`` once and remember its JSON-able result, or the Problem it raised.

        The result comes back as JSON gives it (a tuple as a list), the first time too.
        """
        from dbos import DBOS, error  # noqa: PLC0415 - takes most of a second to load

        def run() -> str:
            try:
                return finished(fn())
            except StoppedProblem as fault:
                # Stopped work is not failed work: it goes on at the next start.
                raise StoppingError from fault
            except Exception as fault:  # noqa: BLE001 - kept with the job and raised again below
                return failed(fault)

        self.check()
        try:
            kept = DBOS.run_step({"name": name}, run)
        except error.DBOSUnexpectedStepError as fault:
            raise ConflictProblem(
                "job_steps_changed",
                f"job {self.job_id} has other steps in this release",
                why=f"the step {name!r} stands where another one was run before",
                fix="start it again as a new job",
            ) from fault
        return cast("T", unpack(kept))

    def sleep(self, seconds: float) -> None:
        """Wait until so long after the first time this line was reached, restarts included."""
        until = self.step("sleep", lambda: SystemClock().now().timestamp() + seconds)
        self._host.pause(until - SystemClock().now().timestamp())
        self.check()

    def emit(self, key: str, value: Any) -> None:
        """Tell the outside something between steps; ``Jobs.heard`` reads the newest value."""
        from dbos import DBOS  # noqa: PLC0415

        self.check()
        DBOS.set_event(key, value)

    def check(self) -> None:
        """Leave the job here if the program is stopping; it goes on at the next start.

        Call it often inside a long step, from its progress callback for instance.
        """
        if self._host.stopping or self._host.is_cancelled(self.job_id):
            raise StoppingError
