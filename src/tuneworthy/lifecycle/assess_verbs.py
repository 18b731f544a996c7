"""The part of a Workspace that asks and advises: interview, curve, alternatives, plan, rubric."""

from collections.abc import Collection, Sequence

from tuneworthy.assess.deliverables import NAMES
from tuneworthy.core.nouns.alternative import Advice
from tuneworthy.core.nouns.approach_check import ApproachCheck
from tuneworthy.core.nouns.deliverable import DeliverableName, Document
from tuneworthy.core.nouns.interview import Challenge, Interview, InterviewQuestion, Reply, Value
from tuneworthy.core.nouns.learning_curve import CurvePlan, LearningCurve
from tuneworthy.core.nouns.plan import NinetyDays
from tuneworthy.govern import Action
from tuneworthy.lifecycle import (
    advising,
    assessing,
    challenging,
    curve,
    deliverables,
    interviewing,
    jobs,
    rubrics,
)
from tuneworthy.lifecycle.access import needs
from tuneworthy.lifecycle.wiring import Runtime


class AssessVerbs:
    """One short method a use case; the Workspace holds the runtime."""

    _runtime: Runtime
    _known: interviewing.Record | None = None

    @needs(Action.ASSESS)
    def curve_plan(self) -> CurvePlan:
        """What a learning curve would take."""
        return curve.plan(self._runtime)

    @needs(Action.EVALUATE)
    def learning_curve(self) -> LearningCurve:
        """Train on 25, 50 and 100 % of the training rows and judge each; needs no gate."""
        return LearningCurve.model_validate(jobs.run_curve(self._runtime)["curve"])

    @needs(Action.ASSESS)
    def advise(self, *, measure_search: bool = True) -> Advice:
        """What else could help, with measured reasons.

        Args:
            measure_search: Measure first, once, how often the search finds a right answer.
        """
        return advising.alternatives(self._runtime, measure_search=measure_search)

    @needs(Action.ASSESS)
    def approach(self) -> ApproachCheck:
        """The way of tuning for the goal, checked against the data."""
        return advising.approach(self._runtime)

    @needs(Action.ASSESS)
    def ninety_days(self) -> NinetyDays:
        """Three steps of thirty days that close the gaps, in the order of the gates."""
        return assessing.ninety_days(self._runtime)

    @needs(Action.ASSESS)
    def deliverables(self, names: Sequence[DeliverableName] = NAMES) -> tuple[Document, ...]:
        """The documents that people send around, made of evidence; blanks are named.

        Args:
            names: Which of the five; all of them without it.
        """
        return deliverables.made(self._runtime, names)

    def rubric(self) -> str:
        """The rubric in force, as text. Raises ConfigProblem."""
        rubrics.in_force(self._runtime)
        return rubrics.text_in_force(self._runtime)

    @needs(Action.ASSESS)
    def interview(self) -> Interview:
        """Every question with its answer on file and what is measured. Raises ConfigProblem."""
        self._known = interviewing.look(self._runtime, self._known)
        return interviewing.state(self._runtime, self._known)

    @needs(Action.ASSESS)
    def next_question(
        self, passed: Collection[str] = (), *, again: bool = False
    ) -> InterviewQuestion | None:
        """What to ask next, never what is measured; None when nothing is open.

        Args:
            passed: Questions that were answered or skipped in this sitting.
            again: Also those that have an answer on file.
        """
        return interviewing.next_question(self.interview(), passed, again=again)

    def read_reply(self, question: InterviewQuestion, text: str) -> Reply:
        """Understand what somebody typed as an answer."""
        return interviewing.read_reply(question, text)

    @needs(Action.ANSWER)
    def answer(self, question: str, value: Value, *, seen: Value = None) -> Interview:
        """Write one answer into the answers file at once.

        Args:
            question: The question's id.
            value: True or false, a number or words; None for not known.
            seen: The answer that stood there when this one was given (``question.kept``).

        Raises:
            UsageProblem: No such question, or a value that is not on its scale.
            ConflictProblem: Somebody changed this answer meanwhile.
        """
        known = interviewing.look(self._runtime, self._known)
        self._known = interviewing.answer(self._runtime, known, question, value, seen=seen)
        return self.interview()

    def check_challenger(self) -> None:
        """See that a model is configured to argue. Raises ConfigProblem."""
        challenging.challenger(self._runtime)

    @needs(Action.ASSESS)
    def challenge(self) -> Challenge:
        """Let the configured model argue against the answers; no score reads its words."""
        return challenging.challenge(self._runtime, self.interview())
