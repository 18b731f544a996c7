"""Models judge files, runs and pairs of runs; how far they agree with people goes on record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tuneworthy.config.judged_file import bad_scores, read_criteria, read_judged
from tuneworthy.core.errors import ConfigProblem, DataProblem, UsageProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.judging import (
    Agreement,
    AnswersJudged,
    Criteria,
    JudgedAnswer,
    JudgedPair,
    JudgeIdentity,
    PairsJudged,
    Standing,
)
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.judges import (
    answers_report,
    judge_pairs,
    pairs_report,
    rate_answers,
    rubric_identity,
    standing,
)
from tuneworthy.evaluate.metrics.judge import request_of
from tuneworthy.lifecycle import models
from tuneworthy.lifecycle.named_run import find_run
from tuneworthy.lifecycle.replaying import kept_cases
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.lines import dump_lines

ABOUT = "eval.judge_agreement"
"""The claim that a judge was held against people."""

FILES = (".jsonl", ".json", ".ndjson")
"""Endings by which a name that is missing is told as a file's, not as a run's."""

Judged = PairsJudged | AnswersJudged


@dataclass(frozen=True)
class JudgeOptions:
    """How a judge is used.

    Attributes:
        judge: Its name; may be left out where the project has one alone.
        criteria: Criteria or a file of them, for answers that are rated one by one.
        reference: Whether the judge is shown the right answer, where there is one.
    """

    judge: str = ""
    criteria: str | Path | Criteria = ""
    reference: bool = True


def judge(
    runtime: Runtime, source: str, against: str = "", options: JudgeOptions | None = None
) -> Judged:
    """Judge a file of pairs or answers, a run, or a run against another one, case by case.

    Args:
        runtime: The project.
        source: A file, or a run's id, its first digits or its prompt's name: side ``a`` of pairs.
        against: The run that is side ``b``; empty for a file, and to rate one run.
        options: Who judges, and how.

    Raises:
        ConfigProblem: There is no such judge, file or run, or a file has faults.
        DataProblem: The two runs are not over the same cases.
        ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
        UsageProblem: What is given does not go together.
    """
    told = options or JudgeOptions()
    rows = _rows(runtime, source, against)
    return _judged(runtime, rows, told, Path(source))


def calibrate(runtime: Runtime, file: str | Path, options: JudgeOptions | None = None) -> Judged:
    """Judge a file that people judged before, and record ``eval.judge_agreement``.

    Args:
        runtime: The project.
        file: Pairs with ``verdicts``, or answers with ``scores``.
        options: Who judges, and how.

    Raises:
        ConfigProblem: There is no such judge or file, it has faults, or nobody judged it.
        ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
        UsageProblem: What is given does not go together.
    """
    told = options or JudgeOptions()
    rows = read_judged(Path(file))
    if not _people_judged(rows, told):
        raise ConfigProblem(
            "nobody_judged",
            f"{file} does not say what people thought of it.",
            why="A judge is held against people's verdicts; on answers, on every criterion.",
            fix='Pairs have "verdicts": ["a", "tie"], answers "scores": {"CRITERION": [4, 5]}.',
        )
    return calibrate_on(runtime, rows, told, Path(file))


def calibrate_on(
    runtime: Runtime,
    rows: Sequence[JudgedPair | JudgedAnswer],
    told: JudgeOptions,
    source: Path,
    more: Mapping[str, object] | None = None,
) -> Judged:
    """Judge rows that people judged before, and record ``eval.judge_agreement``.

    Args:
        runtime: The project.
        rows: Pairs with ``verdicts``, or answers with ``scores``; at least one.
        told: Who judges, and how.
        source: What messages call the rows.
        more: What the claim says beside of where they come from.
    """
    found = _judged(runtime, rows, told, source)
    stands = standing(found.agreement, runtime.project.judge_bar)
    found = found.model_copy(update={"standing": stands})
    claim = _claim(runtime, found, runtime.blobs.put(dump_lines(rows)), more or {})
    runtime.record(claim)
    return found


def standing_now(runtime: Runtime, judge_digest: str) -> Standing:
    """Whether the newest record of a judge, under today's bar, lets it decide."""
    found = [
        one for one in runtime.evidence() if one.about == ABOUT and judge_digest in one.subjects
    ]
    bar = runtime.project.judge_bar
    if not found:
        return standing(None, bar)
    result = found[-1].result
    return standing(
        Agreement.model_validate({name: result.get(name) for name in Agreement.model_fields}), bar
    )


def judge_of(runtime: Runtime, *runs: EvaluationRun) -> tuple[str, Standing] | None:
    """The judge that scored these runs, by its digest, and whether it may decide.

    None where no model judged. Runs that were not scored by one and the same decide nothing.
    """
    who = {run.judge for run in runs}
    if who == {""}:
        return None
    if len(who) > 1:
        reason = "the two runs were not scored by one and the same judge"
        return "", Standing(ok=False, bar=runtime.project.judge_bar, reason=reason)
    [one] = who
    return one, standing_now(runtime, one)


def _rows(runtime: Runtime, source: str, against: str) -> Sequence[JudgedPair | JudgedAnswer]:
    if Path(source).is_file() or Path(source).suffix in FILES:
        if against:
            raise UsageProblem(
                "file_alone",
                f"{source} is a file, which has both answers in it.",
                fix="tuneworthy eval judge run FILE, or two runs: tuneworthy eval show --json",
            )
        return read_judged(Path(source))
    first = find_run(runtime, source)
    return (
        _pairs(runtime, first, find_run(runtime, against)) if against else _answers(runtime, first)
    )


def _answers(runtime: Runtime, run: EvaluationRun) -> list[JudgedAnswer]:
    return [
        JudgedAnswer(
            id=kept.case.id,
            request=request_of(kept.case),
            answer=_text(kept.result.output),
            reference=_right(kept.case),
        )
        for kept in kept_cases(runtime, run)
    ]


def _pairs(runtime: Runtime, one: EvaluationRun, other: EvaluationRun) -> list[JudgedPair]:
    if one.suite != other.suite:
        raise DataProblem(
            "other_cases",
            f"{one.arm.id} and {other.arm.id} are not over the same cases.",
            why="They were run on different suites.",
            fix="Name two runs of one suite: tuneworthy eval show --json",
        )
    sides = (kept_cases(runtime, one), kept_cases(runtime, other))
    return [
        JudgedPair(
            id=a.case.id,
            request=request_of(a.case),
            a=_text(a.result.output),
            b=_text(b.result.output),
            reference=_right(a.case),
            a_by=one.model_name,
            b_by=other.model_name,
        )
        for a, b in zip(*sides, strict=True)
    ]


def _text(output: str) -> str:
    """A lone surrogate, which has no UTF-8 form, becomes a question mark."""
    return output.encode("utf-8", "replace").decode("utf-8")


def _right(case: Case) -> str:
    return "\n\nor:\n\n".join(text for text in (case.expected, *case.references) if text.strip())


def _judged(runtime: Runtime, rows: Sequence[Any], told: JudgeOptions, source: Path) -> Judged:
    """Judge rows of one kind; whether the judge may decide is by what is on record of it."""
    if not told.reference:
        rows = [row.model_copy(update={"reference": ""}) for row in rows]
    models.check_models(
        runtime.folder, [runtime.judge_models.named(told.judge)], runtime.project.internal_hosts
    )
    judge = runtime.judge_models.model(told.judge)
    if isinstance(rows[0], JudgedPair):
        _no_criteria(told)
        who = judge.identity("pairwise")
        verdicts = judge_pairs(judge, rows, runtime.progress)
        return pairs_report(who, rows, verdicts, standing_now(runtime, who.digest))
    criteria = _criteria(told)
    if fault := bad_scores(source, list(rows), criteria):
        raise fault
    who = rubric_identity(judge, criteria)
    scores = rate_answers(judge, rows, criteria, runtime.progress)
    return answers_report(who, rows, scores, criteria, standing_now(runtime, who.digest))


def _people_judged(rows: Sequence[JudgedPair | JudgedAnswer], told: JudgeOptions) -> bool:
    """Whether people said anything: of a pair, or of answers on every criterion."""
    scored = {name for row in rows if isinstance(row, JudgedAnswer) for name in row.scores}
    if scored:
        return {one.name for one in _criteria(told).criteria} <= scored
    return any(isinstance(row, JudgedPair) and row.verdicts for row in rows)


def _criteria(told: JudgeOptions) -> Criteria:
    if not told.criteria:
        raise UsageProblem(
            "no_criteria",
            "Answers are rated by criteria, and none are given.",
            fix="--criteria FILE, or give pairs: a file with 'a' and 'b', or two runs.",
        )
    if isinstance(told.criteria, Criteria):
        return told.criteria
    return read_criteria(Path(told.criteria))


def _no_criteria(told: JudgeOptions) -> None:
    if told.criteria:
        raise UsageProblem(
            "pairs_have_no_criteria",
            "Pairs are judged as a whole, without criteria.",
            fix="Leave --criteria out, or give answers one by one.",
        )


def _claim(runtime: Runtime, found: Judged, rows: str, more: Mapping[str, object]) -> Evidence:
    assert found.agreement is not None  # noqa: S101 - the caller has looked
    suite = runtime.head.suite
    about = _biases(found) if isinstance(found, PairsJudged) else _criteria_facts(found)
    return runtime.claim(
        ABOUT,
        [*([suite] if suite else []), found.judge.digest],
        {
            **found.agreement.model_dump(mode="json"),
            **_who(found.judge),
            "ok": found.standing.ok,
            "bar": found.standing.bar,
            "rows": rows,
            **about,
            **more,
        },
    )


def _who(judge: JudgeIdentity) -> dict[str, Any]:
    return {
        "judge": judge.digest,
        "name": judge.name,
        "model": judge.model,
        "prompt": judge.prompt,
        "reading": judge.reading,
    }


def _biases(found: PairsJudged) -> dict[str, Any]:
    place, length, own = found.bias.position, found.bias.length, found.bias.own
    return {
        "kind": "pairs",
        "unreadable": found.counts["unreadable"],
        "inconsistent": found.inconsistent,
        "first_share": place.first.value,
        "first_p": place.p,
        "length_odds": length.doubling.ratio if length.doubling else None,
        "length_odds_low": length.doubling.low if length.doubling else None,
        "length_odds_high": length.doubling.high if length.doubling else None,
        "length_untold": length.untold,
        "length_alike": length.alike,
        "length_pairs": length.read,
        "own_excess": own.excess.value if own.excess else None,
    }


def _criteria_facts(found: AnswersJudged) -> dict[str, Any]:
    shift = found.length.doubling
    return {
        "kind": "answers",
        "unreadable": found.unreadable,
        "length_shift": shift.value if shift else None,
        "length_shift_low": shift.low if shift else None,
        "length_shift_high": shift.high if shift else None,
        "criteria": {name: one.kappa for name, one in found.by_criterion.items()},
    }
