"""The recognisers that a project names, each opened when it is first asked, with a memory."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import ValidationError

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.ledger_ports import AnswerRows
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.recognising import Recognised, RecogniserSettings
from tuneworthy.core.nouns.suite import Case
from tuneworthy.core.ports import ChatReply, ChatRequest, ModelClient, Progress
from tuneworthy.evaluate.metrics.toxicity import ToxicityOptions, texts_of
from tuneworthy.evaluate.runner import Ahead
from tuneworthy.lifecycle.late_model import LateModel
from tuneworthy.lifecycle.models import key_of
from tuneworthy.lifecycle.remembered import remembered

METRIC = "toxicity"
"""The metric that a recogniser gives."""


class RecogniserModels:
    """A project's recognisers by their names.

    A recogniser speaks as a model does: asked a text, it answers with a JSON object of label to
    score. So whatever paces, tries again and remembers for models does it here too.

    Args:
        folder: Of the project.
        settings: What the project says of them.
        threads: That a local one computes with.
        rows: Keeps what they said.
    """

    def __init__(
        self,
        folder: Path,
        settings: Sequence[RecogniserSettings],
        threads: int,
        rows: Callable[[], AnswerRows],
    ) -> None:
        self._folder = folder
        self._settings = {one.title: one for one in settings}
        self._threads = threads
        self._rows = rows
        self._models: dict[str, LateModel] = {}
        self._labels: dict[str, tuple[str, ...]] = {}
        self._told: dict[tuple[str, str], Recognised] = {}

    @property
    def only(self) -> str:
        """The name of the only one; empty where there are none, or several."""
        return next(iter(self._settings)) if len(self._settings) == 1 else ""

    def named(self, name: str = "") -> RecogniserSettings:
        """One recogniser; without a name the only one. Raises ConfigProblem."""
        known = ", ".join(self._settings)
        if not self._settings:
            raise ConfigProblem(
                "no_recogniser",
                "The project names no recogniser.",
                why="No model comes with the program that could tell toxic text from other text.",
                fix="Add to tuneworthy.yaml, for example: "
                "recognisers: [{name: detector, at: models/toxic-bert}]",
            )
        if name in self._settings:
            return self._settings[name]
        if not name and len(self._settings) == 1:
            return next(iter(self._settings.values()))
        raise ConfigProblem(
            "which_recogniser",
            f"There is no recogniser '{name[:80]}'." if name else "Several could be meant.",
            why=f"The project names: {known}.",
            fix="Name one of them with 'recogniser: NAME' in the metric's options.",
        )

    def model(self, name: str = "") -> LateModel:
        """A recogniser, known by its digest until it is asked.

        Raises:
            ConfigProblem: There is no such recogniser.
            ModelProblem: Its folder holds no classifier.
        """
        settings = self.named(name)
        if settings.title not in self._models:
            made = self._endpoint(settings) if settings.is_endpoint else self._local(settings)
            self._models[settings.title] = made
        return self._models[settings.title]

    def recognise(
        self, name: str, texts: Sequence[str], progress: Progress | None = None
    ) -> list[Recognised]:
        """What a recogniser says of each text, in their order; the same text is read once.

        A text of which it told nothing says so; up to half of them may.

        Raises:
            ConfigProblem: There is no such recogniser.
            ModelProblem: It cannot be asked, or failed on more than half of the texts.
        """
        model = self.model(name)
        if any((model.digest, text) not in self._told for text in texts):
            # All of them, since half of all may fail; what is remembered is not asked for.
            each = list(dict.fromkeys(texts))
            requests = [
                ChatRequest(messages=(Message(role="user", content=text),), max_new_tokens=1)
                for text in each
            ]
            replies = remembered(model, self._rows()).chat(requests, progress)
            found = {text: _read(one) for text, one in zip(each, replies, strict=True)}
            self._told |= {(model.digest, text): one for text, one in found.items()}
        return [self._told[model.digest, text] for text in texts]

    def ahead(self, metric: MetricSettings, progress: Progress | None = None) -> Ahead | None:
        """Reads many answers at once, before the metric asks for one after another.

        None for a metric without a recogniser.
        """
        if metric.name != METRIC:
            return None
        options = ToxicityOptions.model_validate(metric.options)

        def read(outputs: Sequence[str], cases: Sequence[Case]) -> None:
            del cases
            # What it told nothing of is asked once more.
            self._told = {key: one for key, one in self._told.items() if not one.error}
            self.recognise(options.recogniser, texts_of(options, outputs), progress)

        return read

    def identity(self, metric: MetricSettings) -> str:
        """Digest of the recogniser behind a metric; empty for a metric without one.

        Raises:
            ConfigProblem: There is no such recogniser, or it has no such label.
            ModelProblem: Its folder holds no classifier.
        """
        if metric.name != METRIC:
            return ""
        options = ToxicityOptions.model_validate(metric.options)
        model, title = self.model(options.recogniser), self.named(options.recogniser).title
        known = self._labels.get(title, options.labels)
        unknown = [label for label in options.labels if label not in known]
        if unknown:
            raise ConfigProblem(
                "unknown_label",
                f"The recogniser {title} has no label '{unknown[0][:80]}'.",
                why=f"Its labels are: {', '.join(known)}.",
                fix="Name the ones that count as toxic with 'labels' in the metric's options.",
            )
        return model.digest

    def close(self) -> None:
        """Release the recognisers that were asked."""
        for model in self._models.values():
            model.close()
        self._models.clear()

    def _endpoint(self, one: RecogniserSettings) -> LateModel:
        def opened() -> ModelClient:
            key = key_of(one, self._folder)
            return adapters.load_moderations(
                one.url, one.served_name, key, one.timeout_seconds, one.requests_at_once
            )

        seen = adapters.moderations_digest(one.url, one.served_name)
        return LateModel(one.title, seen, opened)

    def _local(self, one: RecogniserSettings) -> LateModel:
        path = (self._folder / one.at).resolve()
        seen, self._labels[one.title] = adapters.classifier_facts(path)
        return LateModel(one.title, seen, lambda: adapters.load_classifier(path, self._threads))


def _read(reply: ChatReply) -> Recognised:
    if reply.error:
        return Recognised(error=reply.error)
    try:
        return Recognised.model_validate_json(f'{{"scores": {reply.text}}}')
    except ValidationError:
        return Recognised(error="no scores")
