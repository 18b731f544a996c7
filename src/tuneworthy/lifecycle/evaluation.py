"""Judges the tuned model: proof of the loaded weights first, then the same cases, paired."""

from collections.abc import Callable, Mapping

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import IN_PRODUCTION, Comparison, EvaluationRun, WeightsProof
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import LocalModel, ModelClient
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import ceiling, comparing, guarding, incumbent, serving, training
from tuneworthy.lifecycle.judging import AskedModel, Judge
from tuneworthy.lifecycle.models import computing_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

WITH_RETRIEVAL = "tuned+retrieval"
"""The tuned model's own prompt, with retrieved examples as turns before the request."""


Gains = Callable[[], Mapping[str, float]]
"""Gives the p of a gain on each other primary suite, by name."""


def run_tuned(
    runtime: Runtime, *, again: bool = False, gains: Gains = dict
) -> tuple[EvaluationRun, list[Comparison]]:
    """The tuned model against its base and against the best alternative that was run.

    With ``again``, cases that could not be answered are asked once more. A gain over the best
    alternative is adjusted for the other primary suites' ``gains``.

    Raises IntegrityProblem when the loaded weights are not the trained ones.
    """
    # First: this freezes the suite anew if the target has changed.
    ceiling.run_alternatives(runtime, again=again)
    # Derived prompts and further models too: whatever did best is what tuning must beat.
    others = ceiling.alternatives(runtime)
    suite, cases = ceiling.current_suite(runtime)
    version = training.current_version(runtime)
    judge, model = Judge(runtime, suite, cases, again=again), candidate(runtime, version)
    run = judge.run(trained_prompt(runtime, version), model)
    if run.proof is not None:
        runtime.record(_proof_claim(runtime, version, run.proof))
    best, plain = others[0], _untuned(others, version.base)
    against_best = comparing.compare_and_record(
        runtime, "eval.comparison", run, best, beside=gains()
    )
    found = guarding.guards(runtime, judge, model, run, plain, again=again)
    about = "eval.base_comparison"
    against_base = comparing.compare_and_record(runtime, about, run, plain, found)
    against_live = _against_live(runtime, judge, run)
    _with_retrieval(runtime, judge, model, run, others)
    return run, [against_best, against_base, *([against_live] if against_live else [])]


def adjust(runtime: Runtime, gains: Mapping[str, float]) -> None:
    """Compare with the best alternative again, now that other primary suites were run."""
    run, others = tuned_run(runtime), ceiling.alternatives(runtime)
    if run is not None and others and gains:
        comparing.compare_and_record(runtime, "eval.comparison", run, others[0], beside=gains)


def _against_live(runtime: Runtime, judge: Judge, run: EvaluationRun) -> Comparison | None:
    """The candidate against the version in production, asked the same cases its own way."""
    found = incumbent.incumbent(runtime)
    if found is None:
        return None
    version, arm = found.version, serving.prompt(runtime, found.manifest)
    theirs = judge.run(arm, candidate(runtime, version))
    made = comparing.keep_comparison(runtime, run, theirs, name=version.id + IN_PRODUCTION)
    cases = ceiling.current_suite(runtime)[1]
    known = {row.request for row in serving.trained_on(runtime, found.manifest)}
    worse, few = made.verdict == "clearly worse", made.verdict == "too few cases"
    runtime.record(
        runtime.claim(
            "eval.incumbent_comparison",
            [runtime.head.model, run.suite, incumbent.standing(runtime)],
            {
                **comparing.comparison_facts(runtime, made),
                "incumbent": version.id,
                # What is not shown does not pass.
                "worse": worse or few,
                "worse_why": [f"{made.delta.value:+.3f} against {version.id}: {made.verdict}"],
                "score": run.score.value,
                "incumbent_score": theirs.score.value,
                "trained_on": sum(case.request in known for case in cases),
            },
        )
    )
    return made


def _with_retrieval(
    runtime: Runtime,
    judge: Judge,
    model: AskedModel,
    run: EvaluationRun,
    others: list[EvaluationRun],
) -> None:
    """The tuned model with worked examples beside the request, as the best retrieval arm finds."""
    found = [other for other in others if other.arm.arm == "retrieval"]
    if not found:
        return
    best = found[0].arm
    same = {"arm": "retrieval", "k": best.k, "rerank": best.rerank}
    arm = run.arm.model_copy(update={"id": WITH_RETRIEVAL, **same})
    both = judge.run(arm, model)
    made = comparing.keep_comparison(runtime, both, run, name="the tuned model alone")
    runtime.record(
        runtime.claim(
            "eval.tuned_retrieval",
            [runtime.head.model, run.suite],
            {
                **comparing.comparison_facts(runtime, made),
                "run": both.id,
                "k": arm.k,
                "score": both.score.value,
                "score_low": both.score.low,
                "score_high": both.score.high,
                "alone": run.score.value,
                "valid_share": both.valid_share,
            },
        )
    )


def with_retrieval(runtime: Runtime) -> tuple[EvaluationRun, Comparison] | None:
    """The current tuned model with retrieval, and how that compares with it alone."""
    run = tuned_run(runtime)
    if run is None:
        return None
    against = [c for c in runtime.store.list(Comparison) if c.against == run.id]
    for made in reversed(against):
        both = runtime.store.get(EvaluationRun, made.candidate)
        if both is not None and both.arm.id == WITH_RETRIEVAL and both.model == run.model:
            return both, made
    return None


def trained_prompt(runtime: Runtime, version: ModelVersion) -> Arm:
    """The prompt that a version was trained with. Raises IntegrityProblem when it is lost."""
    arm = training.arm_of(runtime, version)
    if arm is None:
        raise IntegrityProblem(
            "prompt_lost",
            f"The prompt that {version.id} was trained with is not here.",
            why=f"{runtime.project.prompts} says another one, and none is kept under its digest.",
            fix="tuneworthy train start trains with the prompt of today.",
        )
    return arm


def candidate(runtime: Runtime, version: ModelVersion) -> AskedModel:
    """A version as a model to ask; its weights are proved when it is first loaded."""
    loaded: list[tuple[ModelClient, WeightsProof]] = []

    def load() -> tuple[ModelClient, WeightsProof]:
        if not loaded:
            loaded.append(_loaded(runtime, version))
        return loaded[0]

    computing = computing_of(runtime.folder, runtime.project.base)
    return AskedModel(weights(version), load, name=version.id, alone=True, computing=computing)


def weights(version: ModelVersion) -> str:
    """The digest that a version's answers are recorded under."""
    return digest([version.base, version.adapter])


def _loaded(runtime: Runtime, version: ModelVersion) -> tuple[ModelClient, WeightsProof]:
    """The version's model, its weights proved."""
    adapter = training.adapter_folder(runtime, version)
    model: LocalModel = runtime.client(adapter)  # type: ignore[assignment]
    proof = model.prove(adapter, version.template)
    if proof.passed and model.digest != weights(version):
        proof = proof.model_copy(
            update={"passed": False, "reason": "the base is not the one it was trained on"}
        )
    return model, _proved(runtime, proof, version)


def _proof_claim(runtime: Runtime, version: ModelVersion, proof: WeightsProof) -> Evidence:
    return runtime.claim(
        "eval.proof",
        [version_digest(version)],
        {
            "passed": proof.passed,
            "delta_norm": proof.delta_norm,
            "logit_difference": proof.logit_difference,
            "adapter": proof.adapter,
        },
    )


def _proved(runtime: Runtime, proof: WeightsProof, version: ModelVersion) -> WeightsProof:
    if proof.passed and proof.adapter == version.adapter:
        return proof
    reason = proof.reason or "the adapter's digest is not the trained one"
    what = ("model_version", version.id, version.adapter)
    runtime.store.note(runtime.event("evaluation.refuse", what, decision="deny", reason=reason))
    raise IntegrityProblem(
        "not_what_was_trained",
        f"The loaded weights of {version.id} are not what was trained.",
        why=reason,
        fix="Put the base model and the blobs back as they were.",
    )


def compare_again(runtime: Runtime, gains: Mapping[str, float]) -> None:
    """Put the finished tuned run's comparisons on record as they stand today; asks no model.

    What was found of guards is kept. ``gains`` as in ``run_tuned``.
    """
    run = tuned_run(runtime)
    version = runtime.store.get(ModelVersion, runtime.head.version)
    others = ceiling.alternatives(runtime)
    if run is None or version is None or not others:
        return
    plain = _untuned(others, version.base)
    kept = {made.against: made.guards for made in comparisons(runtime)}
    comparing.compare_and_record(runtime, "eval.comparison", run, others[0], beside=gains)
    comparing.compare_and_record(
        runtime, "eval.base_comparison", run, plain, kept.get(plain.id, ())
    )


def base_run(runtime: Runtime) -> EvaluationRun:
    """The run that the current version's base comparison is made with."""
    return _untuned(ceiling.alternatives(runtime), training.current_version(runtime).base)


def _untuned(others: list[EvaluationRun], base: str) -> EvaluationRun:
    """The base's best run without worked examples; without any the best alternative's."""
    plain = [other for other in others if other.arm.arm == "zero_shot"]
    return next(iter([*(other for other in plain if other.model == base), *plain, *others]))


def tuned_run(runtime: Runtime) -> EvaluationRun | None:
    """The current version's run over the current suite, if there is one."""
    head = runtime.head
    version = runtime.store.get(ModelVersion, head.version)
    if version is None:
        return None
    runs = [
        run
        for run in runtime.store.list(EvaluationRun)
        if run.suite == head.suite
        and run.arm.arm == "tuned"
        and run.model == weights(version)
        and digest(run.arm) == version.prompt
    ]
    return runs[-1] if runs else None


def comparisons(runtime: Runtime) -> list[Comparison]:
    """The comparisons of the current tuned run."""
    run = tuned_run(runtime)
    if run is None:
        return []
    found = [c for c in runtime.store.list(Comparison) if c.candidate == run.id]
    # The newest against each: the same two runs may have been compared by an older version too.
    # Where the base itself is the best alternative, its guards were kept with a comparison of their
    # own.
    newest = {c.against: c for c in found if not c.guards}
    guarded = {c.against: c for c in found if c.guards}
    return [
        newest[name].model_copy(update={"guards": guarded[name].guards})
        if name in newest and name in guarded
        else (newest.get(name) or guarded[name])
        for name in dict.fromkeys(c.against for c in found)
    ]
