"""The interview of one project: what is open now, and each answer written down at once."""

from typing import NamedTuple

from tuneworthy.assess import measure
from tuneworthy.assess.interview import Known, interview, next_question
from tuneworthy.assess.replies import fault_of, read_reply
from tuneworthy.config.answers_file import write_answer
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.interview import Interview, InterviewQuestion, Value
from tuneworthy.lifecycle import assessing, counted, gates, measuring, rubrics
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

__all__ = ["Record", "answer", "look", "next_question", "read_reply", "state"]


class Record(NamedTuple):
    """What the ledger said when it was last looked at, and after which audit event."""

    known: Known
    event: int


def look(runtime: Runtime, before: Record | None = None) -> Record:
    """What the record knows whatever is typed in; read again when anything has changed.

    Raises ConfigProblem for a rubric or an answers file that cannot be used.
    """
    if before is not None and before.event == runtime.store.last_event():
        return before
    _read_again(runtime)
    measuring.measure_record(runtime)
    evidence = counted.about_now(runtime)
    known = Known(
        project=runtime.project,
        rubric=rubrics.in_force(runtime),
        open_gates=tuple(s.gate.value for s in gates.states(runtime) if s.open),
        found=measure(evidence, runtime.project),
        enterprise=assessing.scorecard(runtime).enterprise,
        evidence=tuple(evidence),
    )
    return Record(known, runtime.store.last_event())


def state(runtime: Runtime, record: Record) -> Interview:
    """Every question as it stands, with the answers file read again. Raises ConfigProblem."""
    _read_again(runtime)
    return interview(runtime.answers, record.known)


def answer(runtime: Runtime, record: Record, question: str, value: Value, *, seen: Value) -> Record:
    """Write one answer into the answers file; the audit log says who typed it.

    Raises:
        UsageProblem: There is no such question, or the value is not on its scale.
        ConfigProblem: The file cannot be read as it stands; nothing is written.
        ConflictProblem: Somebody changed this answer since it was seen.
    """
    asked = _find(interview(runtime.answers, record.known), question)
    if fault := fault_of(asked, value):
        raise UsageProblem("bad_answer", f"{question}: {fault}", fix=asked.text)
    path = runtime.folder / runtime.project.answers
    write_answer(path, asked.place, _as_kept(asked, value), seen=seen)
    _read_again(runtime)
    what = ("answer", question, digest({"answer": value}))
    runtime.store.note(runtime.event("answer.record", what))
    # The note is this interview's own: nothing that is measured has changed by it.
    fresh = runtime.store.last_event() == record.event + 1
    return record._replace(event=record.event + 1) if fresh else record


def _find(state_now: Interview, question: str) -> InterviewQuestion:
    found = state_now.find(question)
    if found is None:
        ids = ", ".join(q.id for q in state_now.questions)
        raise UsageProblem(
            "no_such_question", f"There is no question '{question}'.", fix=f"One of: {ids}"
        )
    return found


def _as_kept(question: InterviewQuestion, value: Value) -> Value:
    """Answers under ``questions`` are text, whatever their scale."""
    if question.place[0] != "questions" or value is None:
        return value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).strip()


def _read_again(runtime: Runtime) -> None:
    """Forget the answers that were read before: somebody may have edited the file."""
    runtime.__dict__.pop("answers", None)
