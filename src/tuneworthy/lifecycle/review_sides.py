"""The runs that people judge: where they come from, who trained them, what is claimed of them."""

from dataclasses import dataclass, replace
from pathlib import Path

from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.run import EvaluationRun, TrainingRun
from tuneworthy.evaluate.errors import AnsweredRun, answered
from tuneworthy.govern import version_digest
from tuneworthy.lifecycle import comparing, evaluation
from tuneworthy.lifecycle.ceiling_record import way_of
from tuneworthy.lifecycle.named_run import find_run
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_file, short


@dataclass(frozen=True)
class Side:
    """One run's answers.

    Attributes:
        id: The run's id, or the file's digest.
        run: Its cases and answers; its name is what leads read, raters never see it.
        suite: Digest of the suite; empty for a file.
        subject: What a claim about it is about: the version where it is one, else the id.
        maker: Who submitted its training; empty where nobody did.
    """

    id: str
    run: AnsweredRun
    suite: str = ""
    subject: str = ""
    maker: str = ""


def side_of_run(runtime: Runtime, name: str) -> Side:
    """A kept run by its id, first digits or prompt, or a file of results. Raises ConfigProblem."""
    if Path(name).is_file():
        sha = digest_file(Path(name))
        return Side(sha, answered(comparing.read_results(name)), subject=sha)
    run = find_run(runtime, name)
    results = replace(
        comparing.run_results(runtime, run.id), name=f"{way_of(runtime, run)} ({short(run.id)})"
    )
    found = answered(results, comparing.cases_of(runtime, run))
    version = version_of(runtime, run)
    if version is None:
        return Side(run.id, found, run.suite, run.id)
    trained = runtime.store.get(TrainingRun, version.training_run)
    maker = trained.submitted_by if trained else ""
    return Side(run.id, found, run.suite, version_digest(version), maker)


def version_of(runtime: Runtime, run: EvaluationRun) -> ModelVersion | None:
    """The newest version whose weights gave these answers; None for what nobody trained here."""
    if run.arm.arm != "tuned":
        return None
    found = [v for v in runtime.store.list(ModelVersion) if evaluation.weights(v) == run.model]
    return found[-1] if found else None
