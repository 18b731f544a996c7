"""Refusal boilerplate: the stock sentences by which a model declines.

A refusal in people's own words is not seen, nor one in a language that ``refusal_tongues`` does not
list. A text that talks about refusals may be named; so the finding is a question, not a verdict.
"""

import re
from collections.abc import Sequence

from tuneworthy.methods.refusal_tongues import DECLINES, NAMES_ITSELF

OPENING = 300
"""Characters in which "I can't help with that" counts; later it is part of an answer."""

_APOSTROPHE = "['\u2019]"
_I_AM = rf"\bi(?: a|{_APOSTROPHE})m"
_I_DO_NOT = rf"\bi(?: do not|(?: don{_APOSTROPHE}?t))"
_CANNOT = (
    rf"(?:can(?:no|{_APOSTROPHE})?t|can not|am (?:unable|not able|not allowed) to"
    rf"|{_APOSTROPHE}m (?:unable|not able|not allowed) to|won{_APOSTROPHE}t|will not)"
)
_HELP = (
    r"(?:assist|help|comply|fulfil|fulfill|provide|answer|generate|create|write|engage|discuss"
    r"|support|continue|respond|share|offer|give|complete|do)"
)
_THIS = r"(?:with )?(?:that|this|your|such|these|those)"
_MADE_BY = (
    r"(?:trained|developed|created|made|built) by (?:openai|anthropic|google|meta|mistral"
    r"|microsoft|deepseek|alibaba|xai)"
)
_ANYWHERE = re.compile(
    r"\bas an? (?:ai|artificial intelligence|(?:large )?language|virtual)"
    r"(?: (?:language|text-based|powered))? (?:model|assistant)\b"
    r"|\bas an ai\b,? (?:i|it)\b"
    rf"|{_I_AM} (?:just |only )?an? (?:ai|artificial intelligence|language)"
    r" (?:language )?(?:model|assistant)\b"
    r"|\bmy (?:knowledge|training data) cut-?off\b"
    r"|\bas of my (?:last|knowledge) (?:update|cut-?off)"
    rf"|\b(?:against|violates?) (?:my|our|openai{_APOSTROPHE}?s?)"
    r" (?:\w+ )?(?:guidelines|programming|polic(?:y|ies))"
    rf"|{_I_AM} chatgpt\b"
    rf"|(?:{_I_AM}|\bas) (?:\w+, )?an? (?:\w+[ -]){{0,3}}(?:model|assistant|ai),? {_MADE_BY}\b",
    re.I,
)
_AT_THE_START = re.compile(
    rf"\b(?:i{_APOSTROPHE}m|i am|we{_APOSTROPHE}re|my apologies|i apologi[sz]e|apologies|sorry)"
    r"(?: very| really| so| truly)?(?: sorry| afraid)?[,.;]?(?: but| that)? "
    rf"(?:i|we)(?: |(?={_APOSTROPHE})){_CANNOT}\b"
    rf"|^\W*(?:i|we)(?: |(?={_APOSTROPHE})){_CANNOT} {_HELP}\b(?! (?:but|wait|say|stress|emphasi))"
    rf"|\bi(?: |(?={_APOSTROPHE})){_CANNOT} (?:assist|help|comply)(?: you)? with (?:that|this|your)"
    rf"|^\W*(?:unfortunately|regrettably),? i(?: |(?={_APOSTROPHE})){_CANNOT}"
    rf" (?:(?:assist|help)\b|{_HELP} {_THIS}\b)"
    rf"|^\W*i (?:will not|won{_APOSTROPHE}t) be able to {_HELP}(?: you)?(?: {_THIS}| with\b)"
    rf"|^\W*(?:sorry,? (?:but )?)?th(?:is|at)(?:{_APOSTROPHE}s| is) not something (?:that )?i"
    rf"(?: can| am able to|{_APOSTROPHE}m able to) {_HELP}\b"
    rf"|^\W*i can(?:no|{_APOSTROPHE})t in good conscience\b"
    rf"|^\W*i(?: would|{_APOSTROPHE}d) (?:rather|prefer) not(?: to)? (?:answer|discuss|help)\b"
    rf"|^\W*{_I_AM} not comfortable (?:answer|discuss|help|assist|provid|shar|writ|generat)ing\b"
    rf"|^\W*it (?:would not|wouldn{_APOSTROPHE}t|is not|isn{_APOSTROPHE}t) (?:be )?(?:appropriate"
    r"|ethical|right) for me to\b"
    rf"|^\W*{_I_DO_NOT} have (?:the ability to (?:access|browse|search)|personal (?:opinion|belief"
    r"|experience|feeling)|access to (?:real-?time|current|live|up-to-date|the internet))"
    r"|^\W*(?:i (?:must|have to) (?:respectfully )?decline)",
    re.I,
)


def is_refusal(text: str) -> bool:
    """Whether the text holds refusal boilerplate."""
    start = text.lstrip()[:OPENING]
    if _ANYWHERE.search(text) or _AT_THE_START.search(start):
        return True
    return bool(NAMES_ITSELF.search(text) or DECLINES.search(start))


def refusal_rows(texts: Sequence[str]) -> list[int]:
    """Row numbers of the texts with refusal boilerplate, in order."""
    return [row for row, text in enumerate(texts) if is_refusal(text)]
