"""What somebody typed, understood: an answer on its scale, a move, or what is wrong with it."""

import unicodedata
from typing import Literal

from tuneworthy.assess.contradictions import whole_number
from tuneworthy.assess.cost_rows import Amount, money_text
from tuneworthy.core.nouns.interview import MOVES, InterviewQuestion, Reply, Value

LONGEST = 2_000
"""Characters of an answer in words."""

MARKS = range(1, 6)
"""What strategic value may be."""

_YES = frozenset({"y", "yes", "true"})
_NO = frozenset({"n", "no", "false"})
_NO_REASON = frozenset({"y", "yes", "true", "n", "no", "none", "n/a", "false"})
_BREAKING = frozenset({"Cc", "Cs", "Zl", "Zp"})
_MOVES: dict[str, Literal["skip", "back", "quit"]] = {
    "": "skip",
    "s": "skip",
    "skip": "skip",
    "b": "back",
    "back": "back",
    "q": "quit",
    "quit": "quit",
}


def read_reply(question: InterviewQuestion, text: str) -> Reply:
    """Understand one typed line; nothing typed leaves the answer on file as it is."""
    said = text.strip()
    word = said.casefold()
    if word in _MOVES:
        return Reply(kind=_MOVES[word])
    if word == "?":
        return Reply(kind="answer", value=None)
    value, fault = _on_scale(question, said, word)
    if fault:
        return Reply(kind="fault", fault=fault)
    return Reply(kind="answer", value=value)


def fault_of(question: InterviewQuestion, value: Value) -> str:
    """Why a value is none on the question's scale; empty when it is one. None is not known."""
    if value is None:
        return ""
    if question.scale == "amount":
        fits = not isinstance(value, bool) and money_text(str(value)) is not None
        return "" if fits else _unfit(question)
    if question.scale in ("yes_no", "mark", "count"):
        wanted = bool if question.scale == "yes_no" else int
        if type(value) is not wanted:
            return _unfit(question)
        if question.scale == "yes_no":
            return ""
        return "" if _in_range(question, int(value)) else _unfit(question)
    return _fault_in_words(question, value) if isinstance(value, str) else _unfit(question)


def _on_scale(question: InterviewQuestion, said: str, word: str) -> tuple[Value, str]:
    if question.scale == "yes_no":
        if word in _YES | _NO:
            return word in _YES, ""
        return None, _unfit(question)
    if question.scale in ("mark", "count"):
        number = whole_number(said)
        if number is None or not _in_range(question, number):
            return None, _unfit(question)
        return number, ""
    if question.scale == "amount":
        amount = money_text(said)
        return (None, _unfit(question)) if amount is None else (_as_typed(amount), "")
    plain = {"y": "yes", "n": "no"}.get(word, said)
    return plain, _fault_in_words(question, plain)


def _as_typed(amount: Amount) -> Value:
    """An amount as the answers file has it: a number, or two with a word between."""
    low, high = (int(end) if end.is_integer() else end for end in (amount.low, amount.high))
    return f"{low} to {high}" if amount.ranged else low


def _in_range(question: InterviewQuestion, number: int) -> bool:
    return number in MARKS if question.scale == "mark" else 0 <= number < 10**15


def _unfit(question: InterviewQuestion) -> str:
    return f"That is not one of: {question.allowed}; {MOVES}."


def _fault_in_words(question: InterviewQuestion, text: str) -> str:
    if question.scale == "reason" and text.strip().casefold() in _NO_REASON:
        return "That is no reason. Write it in words; ? if there is none."
    if not text.strip():
        return "An answer in words must say something; ? is not known."
    if len(text) > LONGEST:
        return f"That is {len(text):,} characters long; at most {LONGEST:,} are kept."
    if any(unicodedata.category(character) in _BREAKING for character in text):
        return "That holds a control character or is not UTF-8; type it again in plain text."
    return ""
