"""Durable jobs: work that goes on at its interrupted step after a crash, a kill or a restart.

A job is a named handler and a JSON payload. Each of its steps is run once and remembered, so the
next start repeats none that is finished. DBOS keeps the book, in a SQLite file or in PostgreSQL;
nothing leaves the machine.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tuneworthy.adapters.durable_context import JobContext
from tuneworthy.adapters.durable_outcome import (
    JobState,
    StoppingError,
    failed,
    finished,
    result_of,
    state_of,
)
from tuneworthy.core.errors import ConflictProblem, StoppedProblem, StoreProblem

if TYPE_CHECKING:
    from dbos import WorkflowStatus

    from tuneworthy.adapters.durable_seats import Seats

__all__ = ["Handler", "JobContext", "JobHandle", "JobState", "Jobs"]

_WORKFLOW = "tuneworthy.run_job"
_SEATS = 64
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]
_WATCH_SECONDS = 5.0
_ATTEMPTS = 1000

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class JobHandle:
    """A started job."""

    job_id: str
    jobs: "Jobs"

    def wait(self) -> dict[str, Any]:
        """Wait for the job's result, as ``Jobs.wait``."""
        return self.jobs.wait(self.job_id)

    def status(self) -> JobState | None:
        """Where the job stands."""
        return self.jobs.status(self.job_id)


Handler = Callable[[JobContext, dict[str, Any]], dict[str, Any]]


class Jobs:
    """The jobs of one database. A process may have one of these launched at a time.

    Args:
        url: ``sqlite:///file`` or ``postgresql://user@host/database``.
        version: The running release. Jobs that an older release left behind are taken over.
        handlers: What each name does. Names that begin with ``train`` wait for one another.
        owner: Whose jobs these are; owners on one database never see or run each other's.
        trainings: How many of an owner's may run at once, over all processes.
    """

    def __init__(
        self,
        url: str,
        version: str,
        handlers: Mapping[str, Handler],
        *,
        owner: str = "",
        trainings: int = 1,
    ) -> None:
        self._url = url
        # Names of versions and queues are unique in a book, so the owner is part of each.
        self._owner = f"tuneworthy-{sha256(owner.encode()).hexdigest()[:16]}"
        self._queue = f"{self._owner}-train"
        self._version = f"{version}@{self._owner}"
        self._handlers = dict(handlers)
        self._trainings = trainings
        self._stop = threading.Event()
        self._running: set[str] = set()
        self._cancelled: set[str] = set()
        self._seats: Seats | None = None
        self._seat = -1
        self._gone = False
        self._watch: threading.Thread | None = None

    def __enter__(self) -> "Jobs":
        self.launch()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    def launch(self) -> None:
        """Start working; whatever a dead process left unfinished goes on by itself.

        Raises:
            StoreProblem: The job database cannot be used, or this process works already.
        """
        global _active  # DBOS itself is one for each process
        if _active is not None:
            raise StoreProblem(
                "jobs_running", "this process works on jobs already", fix="shut the others down"
            )
        from dbos import DBOS  # noqa: PLC0415 - takes most of a second to load

        _quiet()
        _workflow()
        try:
            self._sit_down()
            _active = self
            self._stop.clear()
            self._gone = False
            self._adopt(self._seat)
            DBOS(config=_settings(self._url, self._version, self._owner, f"seat-{self._seat}"))
            DBOS.launch()
            DBOS.register_queue(
                self._queue,
                global_concurrency=self._trainings,
                polling_interval_sec=0.5,
                on_conflict="always_update",
            )
            self._take_over()
            self._watch = threading.Thread(target=self._keep_watch, name=_WORKFLOW, daemon=True)
            self._watch.start()
        except Exception as fault:
            self.shutdown(patience=0)
            if isinstance(fault, StoreProblem):
                raise
            raise StoreProblem(
                "jobs_unusable",
                "the job database cannot be used",
                why=str(fault).splitlines()[0] if str(fault) else type(fault).__name__,
                fix="check that it can be reached and written, and that its disk is not full",
            ) from fault

    def start(self, name: str, payload: dict[str, Any], job_id: str) -> JobHandle:
        """Start a job; with an id that is taken by the same kind of job, that one is meant.

        Raises:
            ConflictProblem: Another kind of job has this id.
        """
        from dbos import DBOS, SetWorkflowID  # noqa: PLC0415

        if name not in self._handlers:
            raise StoreProblem("job_kind_unknown", f"no job is called {name!r}")
        there = self.status(job_id)
        if there is not None and there.name != name:
            raise ConflictProblem("job_id_taken", f"{job_id} is a job called {there.name!r}")
        if there is None:
            text = json.dumps(payload)
            with SetWorkflowID(job_id):
                if name.startswith("train"):
                    DBOS.enqueue_workflow(self._queue, _workflow(), name, text)
                else:
                    DBOS.start_workflow(_workflow(), name, text)
        return JobHandle(job_id, self)

    def wait(self, job_id: str) -> dict[str, Any]:
        """Wait for a job's result; raise its Problem again if it failed.

        Ctrl+C leaves the job unfinished: the next launch goes on with it.

        Raises:
            StoppedProblem: The job was cancelled, or the program is stopping.
        """
        pause = 0.02
        try:
            while True:
                found = self._find(job_id)
                if found is None:
                    raise StoreProblem("job_unknown", f"there is no job {job_id}")
                if found.status not in _UNFINISHED:
                    return result_of(found)
                if self._stop.wait(pause):
                    raise StoppedProblem("stopped", f"job {job_id} goes on at the next start")
                pause = min(pause * 1.5, 0.5)
        except KeyboardInterrupt:
            self._stop.set()
            raise

    def status(self, job_id: str) -> JobState | None:
        """Where a job stands, or None when there is none of this id."""
        found = self._find(job_id)
        return None if found is None else state_of(found)

    def pending(self) -> list[JobState]:
        """Jobs that are not finished, oldest first."""
        from dbos import DBOS  # noqa: PLC0415

        return [state_of(one) for one in DBOS.list_workflows(status=_UNFINISHED, name=_WORKFLOW)]

    def heard(self, job_id: str, key: str) -> Any:
        """The newest value that the job emitted under ``key``, or None."""
        from dbos import DBOS  # noqa: PLC0415

        return DBOS.get_event(job_id, key, timeout_seconds=0)

    def cancel(self, job_id: str) -> None:
        """Stop a job for good, at its next step or check. A finished job stays as it is."""
        from dbos import DBOS  # noqa: PLC0415

        self._cancelled.add(job_id)
        DBOS.cancel_workflow(job_id)

    def shutdown(self, patience: float = 5.0) -> bool:
        """Stop working: unfinished jobs wait for the next launch.

        Returns whether every job has let go within ``patience`` seconds. One that has not (a long
        step without ``check``) would keep the interpreter from ending: leave with ``os._exit``.
        """
        global _active
        self._stop.set()
        deadline = time.monotonic() + patience
        while self._running and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._watch is not None:
            self._watch.join()
            self._watch = None
        if _active is self:
            from dbos import DBOS  # noqa: PLC0415

            DBOS.destroy()
            _active = None
        if self._seats is not None and not self._running:
            # A step that still runs keeps the seat, or another process would run it beside us.
            self._leave_seat()
        self._gone = True
        return not self._running

    @property
    def stopping(self) -> bool:
        """Whether jobs should leave off."""
        return self._stop.is_set()

    def is_cancelled(self, job_id: str) -> bool:
        """Whether a job was cancelled in this process."""
        return job_id in self._cancelled

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the program stops."""
        if seconds > 0:
            self._stop.wait(seconds)

    def perform(self, name: str, payload: str, job_id: str) -> str:
        """Run a handler and wrap what comes of it; only the workflow calls this."""
        self._running.add(job_id)
        try:
            handler = self._handlers.get(name)
            if handler is None:
                raise StoreProblem("job_kind_unknown", f"this release has no job called {name!r}")
            return finished(handler(JobContext(job_id, self), json.loads(payload)))
        except StoppedProblem as fault:
            raise StoppingError from fault
        except Exception as fault:  # noqa: BLE001 - kept with the job; `wait` raises it again
            return failed(fault)
        finally:
            self._running.discard(job_id)
            if self._gone and not self._running:
                self._leave_seat()

    def _find(self, job_id: str) -> "WorkflowStatus | None":
        from dbos import DBOS  # noqa: PLC0415

        return DBOS.get_workflow_status(job_id)

    def _sit_down(self) -> None:
        from tuneworthy.adapters.durable_seats import seats_of  # noqa: PLC0415 - loads database drivers

        if self._url.startswith("sqlite:///"):
            path = Path(self._url.removeprefix("sqlite:///"))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)  # what a job is given may be personal data
        self._seats = seats_of(self._url, self._owner)
        self._seat = next((n for n in range(_SEATS) if self._seats.take(n)), -1)
        if self._seat < 0:
            raise StoreProblem("jobs_crowded", f"{_SEATS} processes work on these jobs already")

    def _keep_watch(self) -> None:
        while not self._stop.wait(_WATCH_SECONDS):
            try:
                self._take_over()
            except Exception as fault:  # noqa: BLE001 - the database may be back at the next look
                _log.warning("left-behind jobs could not be looked for: %s", fault)

    def _leave_seat(self) -> None:
        if self._seats is not None:
            self._seats.close()
            self._seats = None

    def _take_over(self) -> None:
        """Go on with what dead processes left: running jobs whose seat nobody holds."""
        from dbos import DBOS  # noqa: PLC0415

        jobs = DBOS.list_workflows(status=_UNFINISHED, load_input=False, load_output=False)
        names = {job.executor_id or "" for job in jobs}
        numbers = {int(name.removeprefix("seat-")) for name in names if name.startswith("seat-")}
        for seat in sorted(numbers - {self._seat}):
            if self._seats is not None and self._seats.take(seat):
                try:
                    self._adopt(seat)
                    # Of all calls only this one asks again, in the same statement, whose job it is.
                    DBOS._recover_pending_workflows([f"seat-{seat}"])  # noqa: SLF001
                finally:
                    self._seats.give_back(seat)

    def _adopt(self, seat: int) -> None:
        """Put a seat's unfinished jobs under this release; the seat must be held.

        DBOS runs a job only under the version that started it and has no call to change that, so
        an upgrade would orphan it. Changed steps are still noticed: see ``JobContext.step``.
        """
        from sqlalchemy import Text, column, create_engine, inspect, table, update  # noqa: PLC0415

        engine = create_engine(driver_url(self._url))
        schema = None if engine.dialect.name == "sqlite" else "dbos"
        version, holder = column("application_version", Text), column("executor_id", Text)
        status, owner = column("status", Text), column("application_name", Text)
        book = table("workflow_status", version, holder, status, owner, schema=schema)
        try:
            if inspect(engine).has_table(book.name, schema=schema):
                with engine.begin() as connection:
                    connection.execute(
                        update(book)
                        .where(
                            holder == f"seat-{seat}",
                            status.in_(_UNFINISHED),
                            owner == self._owner,
                        )
                        .values({version: self._version})
                    )
        finally:
            engine.dispose()


_active: Jobs | None = None
_registered: list[Callable[[str, str], str]] = []


def _run_job(name: str, payload: str) -> str:
    from dbos import DBOS  # noqa: PLC0415

    jobs, job_id = _active, DBOS.workflow_id
    if jobs is None or jobs.stopping or job_id is None:
        raise StoppingError
    return jobs.perform(name, payload, job_id)


def _workflow() -> Callable[[str, str], str]:
    # Jobs are recovered by this one name, so it is registered once for each process.
    if not _registered:
        from dbos import DBOS  # noqa: PLC0415

        _registered.append(DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_ATTEMPTS)(_run_job))
    return _registered[0]


def _quiet() -> None:
    # DBOS adds a console handler when its logger has none.
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False


def _settings(url: str, version: str, owner: str, seat: str) -> Any:
    from dbos import DBOSPortableJSONSerializer  # noqa: PLC0415

    return {
        "name": owner,
        "system_database_url": driver_url(url),
        "application_version": version,
        "executor_id": seat,
        "enable_otlp": False,
        "log_level": "ERROR",
        # How long its listener sleeps, and so how long a shutdown takes.
        "notification_listener_polling_interval_sec": 0.2,
        # JSON instead of DBOS's default, pickle: reading a database must never run code.
        "serializer": DBOSPortableJSONSerializer(),
    }


def driver_url(url: str) -> str:
    """The URL with the driver that SQLAlchemy is to use."""
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url
