"""Refusal boilerplate: the stock sentences by which a model declines.

A refusal in people's own words, or in another language than English, is not seen. A text that talks
about refusals may be named; so the finding is a question, not a verdict.
"""

import re
from collections.abc import Sequence

OPENING = 300
"""Characters in which "I can't help with that" counts; later it is part of an answer."""

_APOSTROPHE = "['\u2019]"
_CANNOT = (
    rf"(?:can(?:no|{_APOSTROPHE})?t|can not|am (?:unable|not able|not allowed) to"
    rf"|{_APOSTROPHE}m (?:unable|not able|not allowed) to|won{_APOSTROPHE}t|will not)"
)
_HELP = (
    r"(?:assist|help|comply|fulfil|fulfill|provide|answer|generate|create|write|engage|discuss"
    r"|support|continue|respond|share|offer|give|complete|do)"
)
_ANYWHERE = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language|virtual)"
    r"(?: (?:language|text-based|powered))? (?:model|assistant)\b"
    r"|\bas an ai\b,? (?:i|it)\b"
    rf"|\bi(?: a|{_APOSTROPHE})m (?:just |only )?an? (?:ai|artificial intelligence|language)"
    r" (?:language )?(?:model|assistant)\b"
    r"|\bmy (?:knowledge|training data) cut-?off\b"
    r"|\bas of my (?:last|knowledge) (?:update|cut-?off)"
    rf"|\b(?:against|violates?) (?:my|our|openai{_APOSTROPHE}?s?)"
    r" (?:\w+ )?(?:guidelines|programming|polic(?:y|ies))",
    re.I,
)
_AT_THE_START = re.compile(
    rf"\b(?:i{_APOSTROPHE}m|i am|we{_APOSTROPHE}re|my apologies|i apologi[sz]e|apologies|sorry)"
    r"(?: very| really| so| truly)?(?: sorry| afraid)?[,.;]?(?: but| that)? "
    rf"(?:i|we)(?: |(?={_APOSTROPHE})){_CANNOT}\b"
    rf"|^\W*(?:i|we)(?: |(?={_APOSTROPHE})){_CANNOT} {_HELP}\b(?! (?:but|wait|say|stress|emphasi))"
    rf"|\bi(?: |(?={_APOSTROPHE})){_CANNOT} (?:assist|help|comply)(?: you)? with (?:that|this|your)"
    r"|^\W*(?:i (?:must|have to) (?:respectfully )?decline)",
    re.I,
)


def is_refusal(text: str) -> bool:
    """Whether the text holds refusal boilerplate."""
    if _ANYWHERE.search(text):
        return True
    return _AT_THE_START.search(text.lstrip()[:OPENING]) is not None


def refusal_rows(texts: Sequence[str]) -> list[int]:
    """Row numbers of the texts with refusal boilerplate, in order."""
    return [row for row, text in enumerate(texts) if is_refusal(text)]
