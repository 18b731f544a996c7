"""Every metric, in the order of the reference page."""

from tuneworthy.core.nouns.metric import MetricName
from tuneworthy.evaluate.metrics import (
    bleu,
    chrf,
    classification,
    contains,
    exact_match,
    forbidden,
    groundedness,
    json_fields,
    json_match,
    json_schema,
    judge,
    leaks,
    length,
    normalised_match,
    number_match,
    refusal,
    regex,
    repetition,
    rouge,
    similarity,
    style,
    terms,
    text_match,
    token_f1,
    tool_call_match,
    tool_calls_match,
    toxicity,
    valid,
)
from tuneworthy.evaluate.metrics.spec import MetricSpec

_ALL = (
    exact_match, normalised_match, text_match, token_f1, number_match, contains, classification,
    json_match, json_fields, json_schema, tool_call_match, tool_calls_match, regex, terms, style,
    length, repetition, valid, bleu, chrf, rouge, similarity, groundedness, refusal, forbidden,
    leaks, toxicity, judge,
)  # fmt: skip

SPECS: dict[MetricName, MetricSpec] = {module.SPEC.name: module.SPEC for module in _ALL}
