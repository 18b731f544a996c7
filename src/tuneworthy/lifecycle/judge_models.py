"""The judges that a project names, each opened when it is first asked, with a memory."""

from collections.abc import Callable, Sequence

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.ledger_ports import AnswerRows
from tuneworthy.core.nouns.judge_settings import JudgeSettings
from tuneworthy.core.nouns.judging import AnswerScore, Criteria, JudgedAnswer
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import Progress
from tuneworthy.evaluate.judges import JudgeModel, rate_answers, rubric_identity
from tuneworthy.evaluate.metrics.judge import JudgeOptions, is_judged, judged_answer
from tuneworthy.evaluate.runner import Ahead
from tuneworthy.lifecycle.late_model import LateModel
from tuneworthy.lifecycle.remembered import remembered
from tuneworthy.methods.canonical import digest

METRIC = "judge"
"""The metric that a judge gives."""

_RATED = {"request", "answer", "reference"}
"""What a score depends on."""


class JudgeModels:
    """A project's judges by their names.

    Args:
        settings: What the project says of them.
        late: A model that is opened when first asked.
        rows: Keeps their answers.
    """

    def __init__(
        self,
        settings: Sequence[JudgeSettings],
        late: Callable[[JudgeSettings], LateModel],
        rows: Callable[[], AnswerRows],
    ) -> None:
        self._settings = {one.title: one for one in settings}
        self._late = late
        self._rows = rows
        self._models: dict[str, LateModel] = {}
        self._rated: dict[str, AnswerScore] = {}

    def named(self, name: str = "") -> JudgeSettings:
        """One judge; without a name the only one. Raises ConfigProblem."""
        known = ", ".join(self._settings)
        if not self._settings:
            raise ConfigProblem(
                "no_judge",
                "The project names no judge.",
                why="No model is taken for one by itself: few small models can judge.",
                fix="Add to tuneworthy.yaml, for example: "
                'judges: [{name: careful, at: "https://models.example/v1", model: NAME, '
                "api_key_env: MODELS_KEY}]",
            )
        if name in self._settings:
            return self._settings[name]
        if not name and len(self._settings) == 1:
            return next(iter(self._settings.values()))
        if name:
            raise ConfigProblem(
                "unknown_judge",
                f"There is no judge '{name[:80]}'.",
                why=f"The project names: {known}.",
                fix="Name one of them, or add it to 'judges' in tuneworthy.yaml.",
            )
        raise ConfigProblem(
            "which_judge",
            "Several judges could be meant.",
            why=f"The project names: {known}.",
            fix="Name one of them: --judge NAME, or 'judge: NAME' in the metric's options.",
        )

    def model(self, name: str = "") -> JudgeModel:
        """A judge to ask; what it said once is not asked again. Raises ConfigProblem."""
        settings = self.named(name)
        title = settings.title
        if title not in self._models:
            self._models[title] = self._late(settings)
        client = remembered(self._models[title], self._rows())
        return JudgeModel(client, title, settings.reading)

    def rate(
        self,
        name: str,
        criteria: Criteria,
        answers: Sequence[JudgedAnswer],
        progress: Progress | None = None,
    ) -> list[AnswerScore]:
        """A judge's scores of answers; the same answer is rated once.

        Raises:
            ConfigProblem: There is no such judge.
            ModelProblem: It cannot be asked, or failed on more than half of the answers.
        """
        model = self.model(name)
        who = rubric_identity(model, criteria).digest
        keys = [digest([who, one.model_dump(include=_RATED)]) for one in answers]
        new = {key: one for key, one in zip(keys, answers, strict=True) if key not in self._rated}
        if new:
            found = rate_answers(model, list(new.values()), criteria, progress)
            self._rated |= dict(zip(new, found, strict=True))
        return [
            self._rated[key].model_copy(update={"id": one.id})
            for key, one in zip(keys, answers, strict=True)
        ]

    def ahead(self, metric: MetricSettings, progress: Progress | None = None) -> Ahead | None:
        """Rates many answers at once, before the metric asks for one after another.

        None for a metric without a judge.
        """
        if metric.name != METRIC:
            return None
        options = JudgeOptions.model_validate(metric.options)
        criteria = Criteria(criteria=options.criteria)

        def rated(outputs: Sequence[str], cases: Sequence[Case]) -> None:
            answers = [
                judged_answer(options, output, case)
                for output, case in zip(outputs, cases, strict=True)
                if is_judged(output)
            ]
            self.rate(options.judge, criteria, answers, progress)

        return rated

    def identity(self, metric: MetricSettings) -> str:
        """Digest of the judge behind a metric; empty for a metric without one."""
        if metric.name != METRIC:
            return ""
        criteria = Criteria.model_validate({"criteria": metric.options.get("criteria")})
        return rubric_identity(self.model(metric.options.get("judge", "")), criteria).digest

    def close(self) -> None:
        """Release the judges that were asked."""
        for model in self._models.values():
            model.close()
        self._models.clear()
