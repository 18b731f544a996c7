"""Compares two arms' results, from files or from finished runs, and two runs of a project."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import ConfigProblem, DataProblem, UsageProblem
from tuneworthy.core.nouns.comparing import CompareResult
from tuneworthy.core.nouns.guards import GuardRatio
from tuneworthy.core.nouns.run import CaseResult, Comparison, EvaluationRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate import (
    CompareOptions,
    ResultRow,
    Results,
    compare,
    compare_results,
    pair,
)
from tuneworthy.evaluate import read_results as read_bytes
from tuneworthy.lifecycle import ceiling, judges
from tuneworthy.lifecycle.ceiling_record import way_of
from tuneworthy.lifecycle.guarding import guard_facts
from tuneworthy.lifecycle.named_run import find_run
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.lines import load_lines

DEFAULT = CompareOptions()
LONGEST_LINE = 16_000_000
"""Bytes of a line beyond which it is no result: no answer is as long, so the file is another."""


def compare_files(
    base: str | Path, candidate: str | Path, options: CompareOptions = DEFAULT
) -> CompareResult:
    """Compare two files of results, JSON Lines with ``id`` and ``score``; needs no project.

    Raises:
        ConfigProblem: There is no such file.
        DataProblem: A file is not one of results, or the files are not over the same cases.
        UsageProblem: An option is out of range.
    """
    check_options(options)
    sides = (read_results(base), read_results(candidate))
    return compare_results(pair(*sides, options.metric, common=options.common), options)


def check_options(options: CompareOptions) -> None:
    """Refuse numbers that mean nothing. Raises UsageProblem."""
    for name, value in (("margin", options.margin), ("gain", options.gain)):
        if value is not None and not 0 < value < float("inf"):
            raise UsageProblem(
                f"bad_{name}", f"A {name} of {value} is none.", fix=f"--{name} above 0, say 0.02."
            )
    if not 0.0001 <= options.alpha <= 0.5:
        raise UsageProblem(
            "bad_alpha",
            f"Alpha is {options.alpha}.",
            why="It is the chance of a false verdict.",
            fix="--alpha between 0.0001 and 0.5; 0.05 without the option.",
        )
    if not 0 <= options.floor < float("inf"):
        raise UsageProblem(
            "bad_floor", f"A noise floor of {options.floor} is none.", fix="0 or above."
        )


def read_results(path: str | Path) -> Results:
    """The results in a file. Raises ConfigProblem or DataProblem.

    A pipe or a device is refused: it may never end.
    """
    try:
        Path(path).stat()
        require_file(Path(path), "")
        data = _lines_of(Path(path))
    except OSError as fault:
        raise ConfigProblem(
            "no_results_file",
            f"{path} cannot be read.",
            why=fault.strerror or type(fault).__name__,
            fix='Name a file of lines {"id": "a1", "score": 1}, or two runs of this project: '
            "tuneworthy eval show --json",
        ) from None
    return read_bytes(str(path), data)


def _lines_of(path: Path) -> bytes:
    """All bytes of a file whose lines are of a sane size. Raises DataProblem or OSError."""
    lines: list[bytes] = []
    with path.open("rb") as file:
        while line := file.readline(LONGEST_LINE + 1):
            if len(line) > LONGEST_LINE:
                raise DataProblem(
                    "results_unreadable",
                    f"{path}:{len(lines) + 1} is longer than {LONGEST_LINE:,} bytes.",
                    why="No result is as long.",
                    fix='Each line is one case: {"id": "a1", "score": 1}. Is it the right file?',
                )
            lines.append(line)
    return b"".join(lines)


def compare_sides(
    runtime: Runtime, base: str, candidate: str, options: CompareOptions = DEFAULT
) -> CompareResult:
    """Compare two of a project's runs by id, or a run with a file. Raises ConfigProblem."""
    check_options(options)
    sides = (_side(runtime, base), _side(runtime, candidate))
    return compare_results(pair(*sides, options.metric, common=options.common), options)


def _side(runtime: Runtime, name: str) -> Results:
    there = Path(name).exists() and not Path(name).is_dir()
    return read_results(name) if there else run_results(runtime, name)


def run_results(runtime: Runtime, name: str) -> Results:
    """The results of the run with this id, or its first digits. Raises ConfigProblem."""
    run = find_run(runtime, name)
    cases = cases_of(runtime, run)
    rows = {}
    for number, result in enumerate(load_lines(CaseResult, runtime.blobs.get(run.results)), 1):
        case = cases.get(result.case)
        rows[result.case] = ResultRow(
            id=result.case,
            segment=case.segment if case else "",
            group=case.group if case else "",
            values=result.model_dump(),
            place=f"run {name}:{number}",
        )
    return Results(f"run {name}", rows)


def cases_of(runtime: Runtime, run: EvaluationRun) -> dict[str, Case]:
    """The cases of a run's suite by id; none where the suite is not kept."""
    suite = runtime.store.get(Suite, run.suite)
    if suite is None:
        return {}
    return {case.id: case for case in load_lines(Case, runtime.blobs.get(suite.cases))}


def compare_and_record(
    runtime: Runtime,
    about: str,
    run: EvaluationRun,
    other: EvaluationRun,
    guards: Sequence[GuardRatio] | None = None,
    beside: Mapping[str, float] | None = None,
) -> Comparison:
    """Compare the tuned run with another over the current suite, and keep what was found.

    ``guards`` is what was found of them; None where this comparison asks for none. ``beside`` has
    the p of a gain on each other primary suite.
    """
    made = keep_comparison(runtime, run, other, guards or (), beside=beside)
    subject = [runtime.head.model, run.suite]
    facts = comparison_facts(runtime, made) | _judge_facts(runtime, run, other)
    if guards is not None:
        facts |= guard_facts(guards)
    claims = [runtime.claim(about, subject, facts)]
    if about == "eval.comparison":
        claims.append(runtime.claim("eval.segments", subject, _segment_facts(made)))
    runtime.record(*claims)
    return made


def keep_comparison(
    runtime: Runtime,
    run: EvaluationRun,
    other: EvaluationRun,
    guards: Sequence[GuardRatio] = (),
    name: str = "",
    beside: Mapping[str, float] | None = None,
) -> Comparison:
    """Compare two runs over the current suite and keep it; no claim is made.

    ``name`` is what people call the other; without it the name of its way of answering.
    """
    suite, cases = ceiling.current_suite(runtime)
    made = compare(
        run.suite,
        (run.id, ceiling.results(runtime, run)),
        (other.id, ceiling.results(runtime, other)),
        name or way_of(runtime, other),
        cases,
        suite.declared_gain,
        guards,
        beside,
    )
    if runtime.store.get(Comparison, made.id) is None:
        with runtime.change("evaluation.compare", ("comparison", made.id, made.id)) as change:
            change.put(made)
    return made


def comparison_facts(runtime: Runtime, made: Comparison) -> dict[str, Any]:
    """What evidence says of a comparison."""
    return {
        "against_name": made.against_name,
        "delta": made.delta.value,
        "low": made.delta.low,
        "high": made.delta.high,
        "p_value": made.p_value,
        "p_holm": made.primaries[0].p_holm if made.primaries else None,
        "primaries": {one.name: [one.p_value, one.p_holm] for one in made.primaries},
        "test": made.test,
        "n": made.delta.n,
        "groups": made.groups,
        "verdict": made.verdict,
        "declared_gain": runtime.project.declared_gain,
        "segments": len(made.segments),
        "segments_worse": len(made.vetoes),
        "segments_worse_why": list(made.vetoes),
        "vetoes": list(made.vetoes),
        "n_needed": made.power.n_needed if made.power else None,
        "power": made.power.power if made.power else None,
    }


def _judge_facts(runtime: Runtime, *runs: EvaluationRun) -> dict[str, Any]:
    """Whether who scored the runs may decide; true where no model judged."""
    found = judges.judge_of(runtime, *runs)
    if found is None:
        return {"judge_ok": True}
    who, stands = found
    said = [stands.reason] if not stands.ok else []
    return {"judge_ok": stands.ok, "judge_ok_why": said, "judge": who, "judge_why": stands.reason}


def _segment_facts(made: Comparison) -> dict[str, Any]:
    return {
        "against_name": made.against_name,
        "segments": len(made.segments),
        "worse": list(made.vetoes),
        "too_few": [one.segment for one in made.segments if one.verdict == "too few cases"],
        "scores": {
            one.segment: {
                "n": one.n,
                "baseline": one.baseline,
                "candidate": one.candidate,
                "low": one.delta.low,
                "high": one.delta.high,
                "verdict": one.verdict,
            }
            for one in made.segments
        },
    }
