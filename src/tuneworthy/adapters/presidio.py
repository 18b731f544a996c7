"""Names and places by Microsoft Presidio and the spaCy model that the user has installed."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from presidio_analyzer import AnalyzerEngine, BatchAnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from tuneworthy.methods.pii.hit import Hit, claim

_KINDS = {"PERSON": "person", "LOCATION": "place"}


class PresidioNames:
    """A ``SoftRecogniser`` over Presidio. All its hits are low: it guesses."""

    def __init__(self, model: str = "en_core_web_sm", language: str = "en") -> None:
        models = [{"lang_code": language, "model_name": model}]
        provider = NlpEngineProvider(
            nlp_configuration={"nlp_engine_name": "spacy", "models": models}
        )
        engine = AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=[language])
        self._engine: Any = BatchAnalyzerEngine(analyzer_engine=engine)
        self._language = language
        self.version = f"presidio-{version('presidio-analyzer')}+{model}"

    def find(self, texts: Sequence[str]) -> list[list[Hit]]:
        """Hits of kinds ``person`` and ``place`` for every text, in order."""
        answers = self._engine.analyze_iterator(
            list(texts), language=self._language, entities=sorted(_KINDS)
        )
        return [_hits(answer) for answer in answers]


def _hits(results: Sequence[Any]) -> list[Hit]:
    taken: list[Hit] = []
    for found in sorted(results, key=lambda r: (-r.score, r.start, r.end)):
        claim(taken, Hit(_KINDS[found.entity_type], found.start, found.end, "low"))
    return taken
