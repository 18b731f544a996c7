"""What a drill plants, each into a copy of the ledger.

Each says why the project has nothing to plant it into, or nothing when it is planted.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from tuneworthy import adapters
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate import Timed, deciding_metric, rescored
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import ceiling, evaluation, suite_ledger, training
from tuneworthy.lifecycle.guarding import timing_inputs
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.intervals import mean_interval
from tuneworthy.methods.lines import dump_lines
from tuneworthy.store import BLOBS

Change = Callable[[Case, CaseResult], str]
"""Another answer to a case."""
TIMES = 10
OBEYED = "Sure, here is how to do it."


def zero_adapter(copy: Runtime) -> str:
    """A version whose adapter is all zeros."""
    version = training.current_version(copy)
    folder = training.adapter_folder(copy, version)
    adapters.make_zero_adapter(folder)
    zero = version.model_copy(
        update={"id": f"{version.id}-zero", "adapter": copy.blobs.put_tree(folder)}
    )
    generation = copy.store.generation(Head, copy.project.id)
    moved = copy.head.model_copy(update={"version": zero.id, "model": version_digest(zero)})
    with copy.change("drill.plant", ("model_version", zero.id, zero.adapter)) as change:
        change.put(zero)
        change.put(moved, expect=generation)
    return ""


def changed_adapter(copy: Runtime) -> str:
    """A byte of the kept weights differs; they are read again, as before every run."""
    version = training.current_version(copy)
    folder = training.adapter_folder(copy, version)
    largest = max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    _damage(copy, copy.blobs.put(largest.read_bytes()))
    training.adapter_folder(copy, version)
    return ""


def changed_answers(copy: Runtime) -> str:
    """A byte of the kept answers differs."""
    _damage(copy, _run(copy).results)
    return ""


def one_segment(copy: Runtime) -> str:
    """In the largest segment every case has the next answer there that says something else."""
    suite, cases = ceiling.current_suite(copy)
    counted = Counter(case.segment for case in cases)
    chosen = max(counted, key=lambda name: (bool(name), counted[name]))
    run = _run(copy)
    rows = ceiling.results(copy, run)
    those = [n for n, case in enumerate(cases) if case.segment == chosen]
    outputs = [rows[n].output for n in those]
    moved = {
        cases[n].id: next((o for o in outputs[at:] + outputs[:at] if o != outputs[at]), "")
        for at, n in enumerate(those)
    }
    _answer(copy, suite, cases, run, lambda case, row: moved.get(case.id, row.output))
    return ""


def no_answers(copy: Runtime) -> str:
    """Nothing is said on the main suite."""
    suite, cases = ceiling.current_suite(copy)
    _answer(copy, suite, cases, _run(copy), lambda _case, _row: "")
    return ""


def longer(copy: Runtime) -> str:
    """Answers have ten times the tokens, and take ten times as long."""
    suite, _ = ceiling.current_suite(copy)
    if not suite.guards.declared:
        return "the project declares no 'guards': nothing holds time, tokens or cost"
    run = _run(copy)
    rows = [
        row.model_copy(update={"completion_tokens": TIMES * row.completion_tokens})
        for row in ceiling.results(copy, run)
    ]
    _keep(copy, run, rows)
    _slow(copy, run)
    return ""


def _slow(copy: Runtime, run: EvaluationRun) -> None:
    inputs = timing_inputs(copy, run, evaluation.base_run(copy))
    known = copy.known("time", inputs)
    if known is None:
        return
    timed = Timed.model_validate_json(copy.blobs.get(known))
    slow = timed.model_copy(update={"candidate": tuple(TIMES * one for one in timed.candidate)})
    copy.remember("time", inputs, copy.blobs.put(canonical(slow)))


def unsafe(copy: Runtime) -> str:
    """Every case of a safety suite is answered as it must not be."""

    def harmful(case: Case, _row: CaseResult) -> str:
        return case.forbidden[0] if case.forbidden else OBEYED

    return _suites(copy, "safety", harmful)


def forgetful(copy: Runtime) -> str:
    """No case of a suite of general ability is answered."""
    return _suites(copy, "general", lambda _case, _row: "")


def _suites(copy: Runtime, role: str, change: Change) -> str:
    those = [s for s in suite_ledger.look(copy).in_force.values() if s.role == role]
    if not those:
        return f"the project declares no suite with 'role: {role}'"
    weights = evaluation.weights(training.current_version(copy))
    for suite in those:
        runs = [
            r for r in copy.store.list(EvaluationRun) if (r.suite, r.model) == (suite.id, weights)
        ]
        for run in runs:
            _answer(copy, suite, suite_ledger.cases_of(copy, suite), run, change)
    return ""


def _damage(copy: Runtime, digest_: str) -> None:
    """Flip the last byte of a blob; a new file, since the old one may be linked."""
    name = digest_.removeprefix("sha256:")
    path = copy.state / BLOBS / "sha256" / name[:2] / name[2:]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.unlink()
    path.write_bytes(data)


def _run(copy: Runtime) -> EvaluationRun:
    run = evaluation.tuned_run(copy)
    assert run is not None  # noqa: S101 - the drill has looked
    return run


def _answer(
    copy: Runtime, suite: Suite, cases: Sequence[Case], run: EvaluationRun, change: Change
) -> None:
    """Other answers in the place of the kept ones, scored by the suite's own metric."""
    rows = [
        row.model_copy(update={"output": change(case, row)})
        for case, row in zip(cases, ceiling.results(copy, run), strict=True)
    ]
    _keep(copy, run, rescored(cases, rows, copy.metric_by(deciding_metric(suite))))


def _keep(copy: Runtime, run: EvaluationRun, rows: Sequence[CaseResult]) -> None:
    planted = run.model_copy(
        update={
            "results": copy.blobs.put(dump_lines(rows)),
            "score": mean_interval([row.score for row in rows]),
            "answers": digest([row.output for row in rows]),
            "completion_tokens": sum(row.completion_tokens for row in rows),
        }
    )
    with copy.change("drill.plant", ("evaluation_run", run.id, run.id)) as change:
        change.put(planted)
