"""How much slower, longer and dearer the tuned model's answers are than its base's."""

from collections.abc import Mapping, Sequence

from tuneworthy.core.nouns.guards import GuardRatio
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.run import EvaluationRun
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate import Figures, Timed, counted_figures, guard_ratios, time_in_turn
from tuneworthy.lifecycle import ceiling
from tuneworthy.lifecycle.judging import AskedModel, Judge, OpenedModel
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest


def guards(
    runtime: Runtime,
    judge: Judge,
    model: AskedModel,
    run: EvaluationRun,
    other: EvaluationRun,
    *,
    again: bool = False,
) -> tuple[GuardRatio, ...]:
    """The guards of the current suite, tuned run against the base's.

    Tokens and costs are counted over every case of the two runs. Latency is measured only where a
    limit is declared: it needs both models loaded at once. It is measured once, and with ``again``
    anew.

    Args:
        runtime: The project.
        judge: Of the current suite.
        model: The candidate.
        run: Its run.
        other: The run that it is compared with.
        again: Measure latency anew.
    """
    suite, cases = ceiling.current_suite(runtime)
    figures, lacking = counted_figures(
        cases,
        ceiling.results(runtime, run),
        ceiling.results(runtime, other),
        runtime.project.base.prices,
    )
    if "latency" in suite.guards.declared:
        settings = _settings_of(runtime, other)
        if settings is None:
            lacking["latency"] = f"{other.arm.id} asks no model that could be timed"
        else:
            timed = _timed(runtime, judge, cases, model, run, other, settings, again=again)
            figures["latency"] = _as_figures(timed, cases)
    return guard_ratios(suite.guards, figures, lacking)


def _settings_of(runtime: Runtime, run: EvaluationRun) -> ModelSettings | None:
    """The model that a run asked, as the project names it today."""
    models = runtime.project.all_models if run.model else ()
    return next((one for one in models if runtime.digest_of(one) == run.model), None)


def timing_inputs(
    runtime: Runtime, run: EvaluationRun, other: EvaluationRun
) -> Mapping[str, object]:
    """What a measurement of latency depends on; it is remembered as the step ``time``."""
    return {
        "suite": run.suite,
        "candidate": [run.model, digest(run.arm)],
        "base": [other.model, digest(other.arm)],
        "max_new_tokens": runtime.project.max_new_tokens,
    }


def _timed(
    runtime: Runtime,
    judge: Judge,
    cases: Sequence[Case],
    model: AskedModel,
    run: EvaluationRun,
    other: EvaluationRun,
    settings: ModelSettings,
    *,
    again: bool,
) -> Timed:
    inputs = timing_inputs(runtime, run, other)
    known = None if again else runtime.known("time", inputs)
    if known is not None:
        return Timed.model_validate_json(runtime.blobs.get(known))
    with OpenedModel(runtime, settings) as base:
        asked = (judge.asker(run.arm, model.load()[0]), judge.asker(other.arm, base.load()[0]))
        timed = time_in_turn(*asked, cases, runtime.progress)
    runtime.remember("time", inputs, runtime.blobs.put(canonical(timed)))
    return timed


def _as_figures(timed: Timed, cases: Sequence[Case]) -> Figures:
    groups = {case.id: case.group or f"\0{case.id}" for case in cases}
    return Figures(
        candidate=timed.candidate,
        base=timed.base,
        groups=tuple(groups[name] for name in timed.cases),
        left_out=timed.failed,
    )


def guard_facts(found: Sequence[GuardRatio]) -> dict[str, object]:
    """What evidence says of guards: how many limits are not kept, which, and every figure."""
    broken = [one for one in found if one.broken]
    return {
        "guards": {one.name: _facts(one) for one in found},
        "guards_declared": sum(one.limit is not None for one in found),
        "guards_broken": len(broken),
        "guards_broken_names": [one.name for one in broken],
        "guards_broken_why": [f"{one.name}: {one.why}" for one in broken],
    }


def _facts(one: GuardRatio) -> dict[str, object]:
    ratio = one.ratio
    return {
        "base": one.base,
        "candidate": one.candidate,
        "ratio": ratio.value if ratio else None,
        "low": ratio.low if ratio else None,
        "high": ratio.high if ratio else None,
        "n": one.n,
        "left_out": one.left_out,
        "limit": one.limit,
        "broken": one.broken,
        "why": one.why,
    }
