"""Runs every alternative to tuning on the same frozen cases, before tuning is advised."""

from tuneworthy.core.errors import ConfigProblem, ModelProblem
from tuneworthy.core.nouns.ceiling import Ceiling
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.run import CaseResult, EvaluationRun
from tuneworthy.core.nouns.suite import Case, Suite
from tuneworthy.evaluate import ceiling_verdict, derivation, derive_arms, freeze_suite
from tuneworthy.lifecycle import datasets, models
from tuneworthy.lifecycle.ceiling_record import record_runs
from tuneworthy.lifecycle.ceiling_round import Outcome, Way, run_round
from tuneworthy.lifecycle.judging import Judge
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.lines import load_lines


def freeze(runtime: Runtime) -> tuple[Suite, list[Case]]:
    """The suite over the current dataset's test split; logged before anything is run on it."""
    version = datasets.current(runtime)
    test = datasets.examples(runtime, "test")
    suite, cases = freeze_suite(
        runtime.project, version, test, put=runtime.blobs.put, created_at=runtime.now()
    )
    if runtime.store.get(Suite, suite.id) is None:
        with runtime.change("suite.freeze", ("suite", suite.id, suite.id)) as change:
            change.put(suite)
    generation = runtime.store.generation(Head, runtime.project.id)
    head = runtime.head
    if head.dataset == version.id and head.suite != suite.id:
        with runtime.change("project.suite", ("project", runtime.project.id, suite.id)) as change:
            change.put(head.model_copy(update={"suite": suite.id}), expect=generation)
    runtime.record(
        runtime.claim(
            "suite.frozen",
            [suite.id, version.id],
            {
                "n": suite.n,
                "metric": suite.metric,
                "target": suite.target,
                "declared_gain": suite.declared_gain,
            },
        ),
        # By itself: a goal that changes must not make target and gain younger than they are.
        runtime.claim("suite.goal", [suite.id, version.id], {"goal": runtime.project.goal}),
    )
    return suite, cases


def run_alternatives(
    runtime: Runtime, derive: bool | None = None, *, again: bool = False
) -> list[EvaluationRun]:
    """Every arm but the tuned one over every model, best first, with evidence.

    Finished arms are not run again, and what a model has answered is not asked again.

    Args:
        runtime: The project.
        derive: Also try prompts made from the use case; None as the project says.
        again: Ask cases that could not be answered once more.

    Raises:
        ConfigProblem: There is nothing to run, or a model or its key is missing.
        ModelProblem: A model could not be asked. All the others were, and what they gave is kept.
    """
    suite, cases = freeze(runtime)
    settings = runtime.project.all_models
    ways = _ways(runtime, derive)
    if not ways:
        raise ConfigProblem(
            "no_prompts",
            f"{runtime.folder / runtime.project.prompts} names no alternative to tuning.",
            why="Whether tuning is worth it can only be said against something.",
            fix="tuneworthy init --example services shows seven.",
        )
    if any(way.asks for way in ways):
        models.check_models(runtime.folder, settings, runtime.project.internal_hosts)
        models.refuse_twins(settings, runtime.digest_of)
    outcome = run_round(runtime, Judge(runtime, suite, cases, again=again), ways, settings)
    record_runs(runtime, suite, alternatives(runtime))
    if outcome.failures:
        raise _unfinished(outcome)
    return sorted(outcome.runs, key=lambda run: -run.score.value)


def _ways(runtime: Runtime, derive: bool | None) -> list[Way]:
    project = runtime.project
    declared = [arm for arm in runtime.arms if arm.arm != "tuned"]
    ways = [Way(arm) for arm in declared]
    if project.derive_prompts if derive is None else derive:
        context = models.smallest_context(runtime.folder, project.all_models)
        train = datasets.examples(runtime, "train")
        made = derive_arms(project, train, runtime.arms, context_tokens=context)
        ways += [Way(arm, derivation(project)) for arm in made]
    return ways


def _unfinished(outcome: Outcome) -> ModelProblem:
    """One problem over all failures; a single one keeps its own code and remedy."""
    first = outcome.failures[0]
    kept = f"{len(outcome.runs)} runs are finished and kept; the same command goes on."
    names = dict.fromkeys(failure.model for failure in outcome.failures)
    lines = [f"{f.arm} on {f.model}: {f.problem} {f.problem.why}" for f in outcome.failures]
    if len(names) == 1:
        more = len(lines) - 1
        also = f" So it was with {more} more prompt{'s' if more > 1 else ''}." if more else ""
        return ModelProblem(
            first.problem.code,
            f"Model '{first.model}' could not be asked '{first.arm}'. {first.problem}",
            why=f"{first.problem.why}{also} {kept}".strip(),
            fix=first.problem.fix,
        )
    return ModelProblem(
        "models_failed",
        f"{len(names)} models could not be asked: {', '.join(names)}.",
        why="\n".join([*lines, kept]),
        fix="Mend them, or take them out of 'models' in tuneworthy.yaml; then the same command.",
    )


def measured_ceiling(runtime: Runtime) -> Ceiling:
    """What has been measured so far on the current suite, and what it says of prompting."""
    suite, _ = current_suite(runtime)
    runs = alternatives(runtime)
    return Ceiling(verdict=ceiling_verdict(runs, suite.target), runs=tuple(runs))


def alternatives(runtime: Runtime) -> list[EvaluationRun]:
    """The finished runs of the current suite that are alternatives to tuning, best first.

    Of several runs of one arm on one model the newest counts. Derived prompts count as long as the
    use case that they were made from stands.
    """
    names = {digest(arm) for arm in runtime.arms if arm.arm != "tuned"}
    made_from = derivation(runtime.project)
    newest = {
        (digest(run.arm), run.model): run
        for run in runtime.store.list(EvaluationRun)
        if run.suite == runtime.head.suite
        # A run with a proof of its weights is a tuned model's.
        and run.proof is None
        and (digest(run.arm) in names or run.derived == made_from)
    }
    return sorted(newest.values(), key=lambda run: -run.score.value)


def results(runtime: Runtime, run: EvaluationRun) -> list[CaseResult]:
    """Every raw answer of a run."""
    return load_lines(CaseResult, runtime.blobs.get(run.results))


def current_suite(runtime: Runtime) -> tuple[Suite, list[Case]]:
    """The frozen suite and its cases. Raises ConfigProblem when there is none."""
    suite = runtime.store.get(Suite, runtime.head.suite)
    if suite is None:
        raise ConfigProblem(
            "no_suite",
            f"Project '{runtime.project.id}' has no frozen suite yet.",
            fix="tuneworthy eval run",
        )
    return suite, load_lines(Case, runtime.blobs.get(suite.cases))
