"""The SDK: one object a project, one short method a use case."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from tuneworthy.config import project_file
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.answered import AnsweredDecision
from tuneworthy.core.nouns.ceiling import Ceiling
from tuneworthy.core.nouns.decision import Decision
from tuneworthy.core.nouns.evidence import Evidence
from tuneworthy.core.nouns.gate import Approval, GateName, GateState
from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.money import Money
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.report import AuditHead, AuditSummary, Report
from tuneworthy.core.nouns.run import Comparison, Cost, EvaluationRun, TrainingRun
from tuneworthy.core.nouns.scorecard import Scorecard
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import Clock, Progress
from tuneworthy.evaluate import CompareOptions
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    answering,
    assessing,
    auditing,
    ceiling,
    checkpoints,
    documents,
    evaluation,
    forgery,
    gates,
    jobs,
    known_facts,
    money,
    outboxes,
    people,
    reporting,
    rubrics,
    starting,
    status,
    summary,
    training,
    unnamed_run,
    wiring,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.account_verbs import AccountVerbs
from tuneworthy.lifecycle.assess_verbs import AssessVerbs
from tuneworthy.lifecycle.comparing import compare_files
from tuneworthy.lifecycle.data_verbs import DataVerbs
from tuneworthy.lifecycle.erase_verbs import EraseVerbs
from tuneworthy.lifecycle.eval_verbs import EvalVerbs
from tuneworthy.lifecycle.exporting import preview_file
from tuneworthy.lifecycle.failures import DiffOptions, FailureOptions, analyse_files, diff_files
from tuneworthy.lifecycle.files import FileOptions, check_file
from tuneworthy.lifecycle.gate_verbs import GateVerbs
from tuneworthy.lifecycle.govern_verbs import GovernVerbs
from tuneworthy.lifecycle.judges import JudgeOptions
from tuneworthy.lifecycle.label_verbs import LabelVerbs
from tuneworthy.lifecycle.mending import fix_file
from tuneworthy.lifecycle.packing import verify_pack
from tuneworthy.lifecycle.passkey_verbs import PasskeyVerbs
from tuneworthy.lifecycle.pricing import price_file
from tuneworthy.lifecycle.replay_verbs import ReplayVerbs
from tuneworthy.lifecycle.residual_review import draw_of_file, judge_file
from tuneworthy.lifecycle.review_verbs import ReviewVerbs
from tuneworthy.lifecycle.scoring import score_file
from tuneworthy.lifecycle.serve_verbs import ServeVerbs
from tuneworthy.lifecycle.suite_import import import_suite
from tuneworthy.lifecycle.trace_verbs import TraceVerbs
from tuneworthy.lifecycle.version_verbs import VersionVerbs
from tuneworthy.lifecycle.watch_verbs import WatchVerbs

__all__ = [
    "CompareOptions",
    "DiffOptions",
    "FailureOptions",
    "FileOptions",
    "JudgeOptions",
    "Workspace",
    "analyse_files",
    "check_file",
    "check_rubric",
    "compare_files",
    "decide",
    "diff_files",
    "draw_of_file",
    "fix_file",
    "import_suite",
    "init",
    "json_schema",
    "judge_file",
    "open",
    "preview_file",
    "price_file",
    "score_file",
    "unknown_facts",
    "verify_pack",
    "write_key",
]


def open(  # noqa: A001 - the verb people expect: tuneworthy.open(path)
    path: str | Path = ".",
    *,
    actor: str = "local",
    clock: Clock | None = None,
    progress: Progress = wiring.silent,
) -> "Workspace":
    """The project in ``path`` or above it. Raises ConfigProblem."""
    return Workspace(Path(path), actor=actor, clock=clock, progress=progress)


def init(path: str | Path, example: str | None = None) -> list[str]:
    """Make a project folder, empty or from an example; returns the files made."""
    return starting.start(Path(path), example)


class Workspace(
    AccountVerbs,
    AssessVerbs,
    DataVerbs,
    EraseVerbs,
    EvalVerbs,
    GateVerbs,
    GovernVerbs,
    LabelVerbs,
    PasskeyVerbs,
    ReplayVerbs,
    ReviewVerbs,
    ServeVerbs,
    TraceVerbs,
    VersionVerbs,
    WatchVerbs,
):
    """One project. Closes its store on ``close()`` or at the end of a ``with`` block."""

    def __init__(
        self,
        path: Path,
        *,
        actor: str = "local",
        clock: Clock | None = None,
        progress: Progress = wiring.silent,
    ) -> None:
        folder = project_file.find_project(path.resolve())
        self._runtime = wiring.open_runtime(
            folder, actor=actor, clock=clock or SystemClock(), progress=progress
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the store; before, a due checkpoint is signed, and who is to hear is told."""
        outboxes.leave(self._runtime)
        checkpoints.leave(self._runtime)
        self._runtime.close()

    @property
    def project(self) -> Project:
        """The checked content of tuneworthy.yaml."""
        return self._runtime.project

    @property
    def folder(self) -> Path:
        """Where tuneworthy.yaml stands."""
        return self._runtime.folder

    @property
    def clock(self) -> Clock:
        """The clock that stamps what this workspace does."""
        return self._runtime.clock

    @property
    def state_folder(self) -> Path:
        """The folder that holds database, blobs, logs and recorded traffic."""
        return self._runtime.state

    def check_files(self) -> None:
        """Check every file beside tuneworthy.yaml. Raises ConfigProblem."""
        starting.check(self._runtime)

    # -- data --------------------------------------------------------------------------------

    # -- assess ------------------------------------------------------------------------------

    @needs(Action.EVALUATE)
    def run_alternatives(self, *, again: bool = False) -> list[EvaluationRun]:
        """Prompts, few-shot and retrieval on the frozen held-out cases, best first.

        With ``again``, cases that could not be answered are asked once more.
        """
        jobs.run_alternatives(self._runtime, again=again)
        return ceiling.alternatives(self._runtime)

    @needs(Action.EVALUATE)
    def ceiling(self, derive: bool | None = None) -> Ceiling:
        """Every prompt over every model, and whether prompting reaches the target.

        Args:
            derive: Also try prompts made from the use case; None as the project says.
        """
        jobs.run_alternatives(self._runtime, derive)
        return ceiling.measured_ceiling(self._runtime)

    def cases(self) -> list[Case]:
        """The frozen held-out cases."""
        return ceiling.current_suite(self._runtime)[1]

    def evidence(self) -> list[Evidence]:
        """Every claim about this project, oldest first."""
        return self._runtime.evidence()

    @needs(Action.ASSESS)
    def decide(self) -> tuple[Decision, Decision]:
        """Is it worth tuning: as declared, and as evidenced."""
        return assessing.decide(self._runtime)

    @needs(Action.ASSESS)
    def scorecard(self) -> Scorecard:
        """Six readiness levels with their gaps."""
        return assessing.scorecard(self._runtime)

    @needs(Action.ASSESS)
    def money(self) -> Money:
        """When tuning pays for itself, what moves it most, and how sure that is."""
        return money.money(self._runtime)

    # -- train and evaluate ------------------------------------------------------------------

    @needs(Action.PLAN_TRAINING)
    def estimate(self) -> Cost:
        """What training would cost, from a few real steps."""
        return training.estimate(self._runtime)

    @needs(Action.SUBMIT_RUN, inside=True)
    def train(self) -> TrainingRun:
        """Train; needs the Start and Build gates. Goes on where a killed run stopped."""
        found = jobs.run_training(self._runtime)
        return next(r for r in self.training_runs() if r.id == found["run"])

    def unnamed_training(self) -> tuple[str, ...]:
        """That the training which would start now names nobody, and what to type; else empty."""
        return unnamed_run.warnings(self._runtime)

    def training_runs(self) -> list[TrainingRun]:
        """Every finished training run, oldest first."""
        store = self._runtime.store
        return [run for run in store.list(TrainingRun) if run.project == self.project.id]

    def versions(self) -> list[ModelVersion]:
        """Every model version, oldest first."""
        return training.versions(self._runtime)

    @needs(Action.EVALUATE)
    def evaluate(self, *, again: bool = False) -> tuple[EvaluationRun, list[Comparison]]:
        """Prove the loaded weights, then judge the tuned model on the same cases, and on suites."""
        jobs.run_evaluation(self._runtime, again=again)
        run = evaluation.tuned_run(self._runtime)
        if run is None:
            raise KeyError("tuned run")
        return run, evaluation.comparisons(self._runtime)

    def alternatives(self) -> list[EvaluationRun]:
        """The finished runs of the alternatives, best first."""
        return ceiling.alternatives(self._runtime)

    def tuned(self) -> EvaluationRun | None:
        """The tuned model's run over the current suite."""
        return evaluation.tuned_run(self._runtime)

    def comparisons(self) -> list[Comparison]:
        """The tuned run against the best alternative and the base."""
        return evaluation.comparisons(self._runtime)

    # -- govern ------------------------------------------------------------------------------

    @needs(Action.REGISTER)
    def register_people(self) -> list[Person]:
        """Bring the people of the people file into the ledger."""
        return people.register(self._runtime)

    def people(self) -> list[Person]:
        """Everyone the ledger knows."""
        return people.everyone(self._runtime)

    @needs(Action.REGISTER)
    def add_person(
        self, person: str, name: str, roles: Sequence[str], public_key: str = ""
    ) -> Person:
        """Add a person with a new key pair, whose private half is theirs, or with their own key."""
        return people.add(self._runtime, person, name, roles, public_key)

    @needs(Action.ATTEST, by="person")
    def attest(self, name: str, path: Path, person: str, key: Path | None = None) -> Evidence:
        """Keep a document signed by a named person."""
        return documents.attest(self._runtime, name, path, person, key=key)

    @needs(Action.ASSESS)
    def model_card(self) -> str:
        """The card of the current version, kept as evidence."""
        return documents.model_card(self._runtime)

    def gates(self) -> list[GateState]:
        """Where the four gates stand."""
        return gates.states(self._runtime)

    @needs(Action.APPROVE, inside=True)
    def decide_gate(
        self,
        gate: str,
        person: str,
        reason: str,
        *,
        decision: Literal["approve", "reject"] = "approve",
        key: Path | None = None,
    ) -> Approval:
        """One person's signed decision over a gate's current evidence."""
        return gates.decide(
            self._runtime, GateName(gate), person, reason=reason, decision=decision, key=key
        )

    # -- look --------------------------------------------------------------------------------

    @needs(Action.ASSESS)
    def status(self) -> status.Where:
        """Where the project stands, and the next safe step."""
        return status.where(self._runtime)

    @needs(Action.ASSESS)
    def report(self, *, trace_response: str = "") -> Report:
        """Everything a report says, from the ledger."""
        return reporting.gather(self._runtime, trace_response=trace_response)

    def summary(self, report: Report) -> dict[str, Any]:
        """A report as plain JSON."""
        return summary.summary(report)

    def check_ledger(self) -> None:
        """See that nobody put decisions, people or versions into the ledger past this program.

        Raises IntegrityProblem with everything that was found.
        """
        forgery.check(self._runtime)

    @needs(Action.VERIFY_AUDIT)
    def verify_audit(self) -> AuditSummary:
        """Check every link of the audit chain."""
        return auditing.verify(self._runtime)

    def audit_head(self) -> AuditHead:
        """How long the audit chain is and its last hash; nothing is verified."""
        return auditing.head(self._runtime)

    def audit_log(self, last: int = 20) -> list[dict[str, Any]]:
        """The newest audit events."""
        return auditing.log(self._runtime, last)


def decide(answers: Mapping[str, Any] | str | Path) -> AnsweredDecision:
    """The verdict over answers alone, from a mapping or a YAML or JSON file; no project is needed.

    Raises ConfigProblem with every fault in the answers.
    """
    return answering.decide_answers(answers)


def check_rubric(path: Path) -> dict[str, str]:
    """The commands of a rubric's predicates. Raises ConfigProblem with every fault."""
    return {p.id: p.command for p in rubrics.load(path).predicates}


def unknown_facts(path: Path) -> list[str]:
    """Predicates of a rubric that ask for evidence of an unknown kind. Raises ConfigProblem."""
    return known_facts.unknown_facts(rubrics.load(path))


def json_schema() -> dict[str, Any]:
    """The JSON Schema of tuneworthy.yaml."""
    return project_file.json_schema()


def write_key(path: Path) -> str:
    """Write a new private key where none stands yet; gives its public half.

    Raises UsageProblem.
    """
    return people.write_key(path)
