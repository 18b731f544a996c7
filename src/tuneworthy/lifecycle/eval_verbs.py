"""The part of a Workspace that is about evaluation: suites, and comparisons of any two runs."""

from collections.abc import Sequence
from pathlib import Path

from tuneworthy.core.nouns.comparing import CompareResult
from tuneworthy.core.nouns.drill import Drill
from tuneworthy.core.nouns.failures import FailureAnalysis, RunDiff
from tuneworthy.core.nouns.judging import AnswersJudged, PairsJudged
from tuneworthy.core.nouns.noise import NoiseRun
from tuneworthy.core.nouns.perplexity import PerplexityRun
from tuneworthy.core.nouns.red_team import RedTeam
from tuneworthy.core.nouns.run import Comparison, EvaluationRun
from tuneworthy.core.nouns.safety import GarakRun, Safety
from tuneworthy.core.nouns.suite_file import SuiteRetired
from tuneworthy.core.nouns.suite_report import SuiteDetail, SuiteDiff, SuiteOutcome, SuiteState
from tuneworthy.evaluate import CompareOptions
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    attacking,
    comparing,
    drill,
    evaluation,
    failures,
    garak,
    judge_record,
    judges,
    noise,
    perplexity,
    red_team,
    safety,
    shipped,
    suite_runs,
    suites,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.failures import DiffOptions, FailureOptions
from tuneworthy.lifecycle.judges import JudgeOptions
from tuneworthy.lifecycle.wiring import Runtime


class EvalVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime

    @needs(Action.EVALUATE)
    def compare_runs(
        self, base: str, candidate: str, options: CompareOptions = comparing.DEFAULT
    ) -> CompareResult:
        """Two finished runs, case by case; each a run's id, its first digits, or a file.

        Raises:
            ConfigProblem: There is no such run or file.
            DataProblem: They are not over the same cases, or a number is missing.
            UsageProblem: An option is out of range.
        """
        return comparing.compare_sides(self._runtime, base, candidate, options)

    def suites(self) -> list[SuiteState]:
        """Every suite that counts: its file beside its newest frozen version."""
        return suites.states(self._runtime)

    def suite(self, name: str) -> SuiteDetail:
        """One suite with its cases. Raises ConfigProblem with every fault of its file."""
        return suites.detail(self._runtime, name)

    def diff_suites(self, before: str | Path, after: str | Path) -> SuiteDiff:
        """What differs between two versions, each a name, a digest's first digits, or a file."""
        return suites.diff(self._runtime, str(before), str(after))

    @needs(Action.EVALUATE)
    def refresh_suite(self, name: str) -> SuiteDiff:
        """Freeze a suite as its file stands now; says what changed. Raises ConfigProblem."""
        return suites.refresh(self._runtime, name)

    @needs(Action.RETIRE_SUITE)
    def retire_suite(self, name: str, reason: str) -> SuiteRetired:
        """Say that a suite whose file is gone no longer counts. Raises ConfigProblem."""
        return suites.retire(self._runtime, name, reason)

    @needs(Action.EVALUATE)
    def run_suites(
        self, names: Sequence[str] = (), *, tuned: bool = True, again: bool = False
    ) -> list[SuiteOutcome]:
        """Run suites on the base and, with ``tuned``, on the current version too.

        Args:
            names: Which; all that the project declares without it.
            tuned: Judge the current version as well.
            again: Ask cases anew that could not be answered.

        Raises:
            BlockedProblem: A suite was changed after a candidate was judged on it.
            ConfigProblem: A suite's file has faults, or there is no version to judge.
        """
        return suite_runs.run(self._runtime, names, tuned=tuned, again=again)

    @needs(Action.EVALUATE)
    def add_suites(self, names: Sequence[str]) -> list[Path]:
        """Copy suites that come with the house into the project. Raises UsageProblem."""
        return shipped.add(self._runtime, list(names))

    @needs(Action.EVALUATE)
    def run_safety(self, *, again: bool = False) -> Safety:
        """Safety, extraction and general ability of the current version against its base.

        ``again``: cases that could not be answered are asked once more.

        Raises:
            ConfigProblem: There is no trained version yet, or a suite's file has faults.
            BlockedProblem: A suite was changed after a candidate was judged on it.
            IntegrityProblem: The loaded weights are not what was trained.
        """
        return safety.run(self._runtime, again=again)

    @needs(Action.EVALUATE)
    def run_garak(
        self, probes: Sequence[str], *, program: str = "garak", generations: int = 1
    ) -> GarakRun:
        """Garak's probes on base and candidate; garak is a program of its own.

        Raises:
            ConfigProblem: garak is not installed, or there is no trained version yet.
            ModelProblem: garak failed.
        """
        return garak.run(self._runtime, probes, program=program, generations=generations)

    @needs(Action.ATTEST, by="by")
    def run_red_team(self, *, by: str, owner: str = "", again: bool = False) -> RedTeam:
        """The program's own attacks on the current version, base of every red team; kept.

        Args:
            by: Who answers for the run.
            owner: Who has to mend what got through; needed only then.
            again: Ask once more what could not be answered.

        Raises:
            ConfigProblem: There is no such person, no owner, or no trained version.
            IntegrityProblem: The loaded weights are not what was trained.
        """
        return attacking.run(self._runtime, by=by, owner=owner, again=again)

    @needs(Action.ATTEST, by="by")
    def import_red_team(self, report: str | Path, *, by: str, owner: str = "") -> RedTeam:
        """A garak report as the attacks of one person on the current version; kept as evidence.

        Args:
            report: garak's own ``....report.jsonl``.
            by: Who attacked.
            owner: Who has to mend what got through.

        Raises:
            ConfigProblem: There is no such person, no owner, or no trained version.
            ModelProblem: The report is damaged or was cut short.
        """
        return red_team.import_garak(self._runtime, report, by=by, owner=owner)

    @needs(Action.ATTEST, by="by")
    def record_red_team(
        self, file: str | Path, *, by: str, tool: str = "by hand", owner: str = ""
    ) -> RedTeam:
        """Attacks that somebody wrote down, one a line; kept as evidence.

        Args:
            file: JSON Lines with ``id``, ``prompt``, ``output`` and ``through``.
            by: Who attacked.
            tool: What they attacked with.
            owner: Who has to mend what got through.

        Raises:
            ConfigProblem: There is no such file or person, no owner, or no trained version.
            DataProblem: A line lacks a field.
        """
        return red_team.record(self._runtime, file, by=by, tool=tool, owner=owner)

    def red_team(self) -> list[RedTeam]:
        """Every red-team record about the current version, oldest first."""
        return red_team.exercises(self._runtime)

    def tuned_with_retrieval(self) -> tuple[EvaluationRun, Comparison] | None:
        """The tuned model with retrieved examples, and how that compares with it alone.

        None where no retrieval arm is declared, or no tuned model was judged.
        """
        return evaluation.with_retrieval(self._runtime)

    @needs(Action.EVALUATE)
    def noise_floor(self, *, tuned: bool = False) -> NoiseRun:
        """Ask the base (or the tuned model) its cases again; kept as evidence.

        Raises:
            BlockedProblem: There is no finished run to repeat.
            ConfigProblem: The model of that run is not in the project any more.
            IntegrityProblem: The loaded weights are not what was trained.
        """
        return noise.measure(self._runtime, tuned=tuned)

    def noise_floors(self) -> list[NoiseRun]:
        """The newest such measurement of each model on the current suite."""
        return noise.floors(self._runtime)

    @needs(Action.EVALUATE)
    def perplexity(
        self, file: str | Path = "", *, suite: str = "", tuned: bool = False
    ) -> PerplexityRun:
        """How likely base and, with ``tuned``, the current version hold given texts to be.

        Args:
            file: Texts by themselves: JSON Lines or CSV with ``text``, or a plain file as one text.
            suite: In place of a file, the right answers of a suite after their prompts; those of
                the test split where neither is named.
            tuned: Score with the current version too.

        Raises:
            ConfigProblem: There is no such file, suite or version, or no text in it.
            IntegrityProblem: The loaded weights are not what was trained.
            ModelProblem: The model tells no probabilities, or a prompt is too long.
            UsageProblem: Both a file and a suite are named, or its prompt has several steps.
        """
        return perplexity.run(self._runtime, file, suite=suite, tuned=tuned)

    @needs(Action.EVALUATE)
    def drill_gate(self) -> Drill:
        """Plant regressions into copies of the current candidate; does the Proof gate stop each?

        The outcome is kept as evidence; the project is not changed otherwise.

        Raises:
            BlockedProblem: The candidate's evidence is not whole, or the ledger is not a local one.
        """
        return drill.run(self._runtime)

    @needs(Action.ASSESS)
    def suite_outcomes(self) -> list[SuiteOutcome]:
        """What finished runs say of the current version on every frozen suite."""
        return suite_runs.outcomes(self._runtime)

    @needs(Action.EVALUATE)
    def failures(
        self, run: str = "", against: str = "", options: FailureOptions | None = None
    ) -> FailureAnalysis:
        """What a run gets wrong, in kinds, clusters and parts; kept as evidence.

        Args:
            run: A run's id, its first digits, or a file; the tuned model's run without it.
            against: What it newly breaks and fixes is told against this run; without both, against
                the base's.
            options: The score from which a case passes, and what likeness is told by.

        Raises:
            BlockedProblem: No tuned model was judged yet.
            ConfigProblem: There is no such run or file.
            DataProblem: The two are not over the same cases.
        """
        return failures.failures(self._runtime, run, against, options)

    @needs(Action.EVALUATE)
    def judge(
        self, source: str | Path, against: str = "", options: JudgeOptions | None = None
    ) -> PairsJudged | AnswersJudged:
        """What a model says of a file of pairs or answers, of a run, or of a run against another.

        Args:
            source: A file, or a run: side ``a`` of pairs.
            against: The run that is side ``b``; empty for a file, and to rate one run.
            options: Who judges, by which criteria, and whether it sees the right answer.

        Raises:
            ConfigProblem: There is no such judge, file or run, or a file has faults.
            DataProblem: The two runs are not over the same cases.
            ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
            UsageProblem: What is given does not go together.
        """
        return judges.judge(self._runtime, str(source), against, options)

    @needs(Action.EVALUATE)
    def calibrate_judge(
        self, file: str | Path, options: JudgeOptions | None = None
    ) -> PairsJudged | AnswersJudged:
        """How far a judge agrees with people, on a file that they judged; kept as evidence.

        Raises:
            ConfigProblem: There is no such judge or file, it has faults, or nobody judged it.
            ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
        """
        return judge_record.calibrate(self._runtime, file, options)

    @needs(Action.EVALUATE)
    def calibrate_judge_from(
        self, review: str, options: JudgeOptions | None = None
    ) -> PairsJudged | AnswersJudged:
        """How far a judge agrees with people, by a closed review; kept as evidence.

        Raises:
            ConfigProblem: There is no such judge or review, or nobody judged in it.
            BlockedProblem: The review is still open.
            ModelProblem: The judge cannot be asked, or failed on more than half of the questions.
        """
        return judge_record.calibrate_from(self._runtime, review, options)

    @needs(Action.EVALUATE)
    def diff_runs(self, base: str, candidate: str, options: DiffOptions | None = None) -> RunDiff:
        """The answers of two runs (or files) side by side, word by word. Raises ConfigProblem."""
        return failures.diff(self._runtime, base, candidate, options)
