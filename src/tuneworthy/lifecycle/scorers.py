"""The models that a project's metrics may ask: those that judge, and those that recognise."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tuneworthy.core.ledger_ports import AnswerRows
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.ports import Progress
from tuneworthy.evaluate import MetricTools
from tuneworthy.evaluate.runner import Ahead
from tuneworthy.lifecycle.judge_models import JudgeModels
from tuneworthy.lifecycle.late_model import LateModel
from tuneworthy.lifecycle.recogniser_models import RecogniserModels


class Scorers:
    """Judges and recognisers of a project, each opened when first asked.

    Args:
        folder: Of the project.
        project: Names them.
        late: A model that is opened when first asked.
        rows: Keeps what they said.
    """

    def __init__(
        self,
        folder: Path,
        project: Project,
        late: Callable[[ModelSettings], LateModel],
        rows: Callable[[], AnswerRows],
    ) -> None:
        self.judges = JudgeModels(project.judges, late, rows)
        threads = project.training.threads
        self.recognisers = RecogniserModels(folder, project.recognisers, threads, rows)

    def tools(self, embed: Callable[[Sequence[str]], Any]) -> MetricTools:
        """What metrics need from outside."""
        return MetricTools(embed=embed, rate=self.judges.rate, recognise=self.recognisers.recognise)

    def ahead(self, metric: MetricSettings, progress: Progress | None = None) -> Ahead | None:
        """Asks about many answers at once, for a metric that asks a model; None for another."""
        judged = self.judges.ahead(metric, progress)
        return judged or self.recognisers.ahead(metric, progress)

    def seen_by(self, metrics: Sequence[MetricSettings]) -> dict[str, str]:
        """The recognisers behind some metrics: name to digest. Raises as ``identity``."""
        read = {self.title(metric): self.recognisers.identity(metric) for metric in metrics}
        return {name: seen for name, seen in read.items() if seen}

    def title(self, metric: MetricSettings) -> str:
        """What the project calls the recogniser of a metric, also when it names it no more."""
        named = str(metric.options.get("recogniser", ""))
        return named or self.recognisers.only

    def close(self) -> None:
        """Release those that were asked."""
        self.judges.close()
        self.recognisers.close()
