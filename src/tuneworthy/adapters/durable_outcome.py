"""What came of a step or a job, as JSON text: its result, or the Problem it ended with."""

import json
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, cast

from tuneworthy.core import errors
from tuneworthy.core.errors import Problem, StoppedProblem, StoreProblem
from tuneworthy.core.nouns.base import Part

if TYPE_CHECKING:
    from dbos import WorkflowStatus


class JobState(Part):
    """Where a job stands. ``version`` is the release that started it or took it over."""

    job_id: str
    name: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    version: str
    created_at: str


class StoppingError(BaseException):
    """Leaves a job unfinished; not an Exception, so that no handler takes it for a fault."""


class JobFaultProblem(Problem):
    """A job ended with an error that is the program's own, not a Problem."""


def finished(result: Any) -> str:
    """The text of a result. Raises TypeError when it is not JSON."""
    return json.dumps({"result": result})


def failed(fault: Exception) -> str:
    """The text of a failure. Facts only: an exception is never pickled."""
    if isinstance(fault, Problem):
        return json.dumps({"problem": fault.to_dict(), "type": type(fault).__name__})
    facts = {
        "code": "job_fault",
        "message": f"the job ended with {type(fault).__name__}: {fault}",
        "why": "".join(traceback.format_exception(fault))[-4000:],
        "fix": "this is a fault of the program; please report it with the cause above",
    }
    return json.dumps({"problem": facts, "type": "JobFaultProblem"})


def unpack(text: str) -> Any:
    """The result, or the Problem raised again as what it was."""
    kept = json.loads(text)
    if "result" in kept:
        return kept["result"]
    facts = kept["problem"]
    known = getattr(errors, str(kept["type"]), JobFaultProblem)
    kind = known if isinstance(known, type) and issubclass(known, Problem) else JobFaultProblem
    raise kind(facts["code"], facts["message"], why=facts["why"], fix=facts["fix"])


def state_of(found: "WorkflowStatus") -> JobState:
    """Where the job stands."""
    name = ""
    with suppress(LookupError, TypeError):
        name = str(cast("Any", found.input)["args"][0])
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    match found.status:
        case "ENQUEUED" | "DELAYED":
            state = "waiting"
        case "PENDING":
            state = "running"
        case "CANCELLED":
            state = "cancelled"
        case "SUCCESS":
            state = "done" if '"result"' in str(found.output)[:12] else "failed"
        case _:
            state = "failed"
    return JobState(
        job_id=found.workflow_id,
        name=name,
        state=state,
        version=(found.app_version or "").partition("@")[0],
        created_at=datetime.fromtimestamp((found.created_at or 0) / 1000, UTC).isoformat(),
    )


def result_of(found: "WorkflowStatus") -> dict[str, Any]:
    """The result of an ended job, or its Problem raised again."""
    if found.status == "CANCELLED":
        raise StoppedProblem("job_cancelled", f"job {found.workflow_id} was cancelled")
    if found.status != "SUCCESS":
        raise StoreProblem(
            "job_given_up",
            f"job {found.workflow_id} did not end",
            why=str(found.error) if found.error else "it was interrupted too often",
            fix="look at what stops it, then start it again as a new job",
        )
    return cast("dict[str, Any]", unpack(str(found.output)))
