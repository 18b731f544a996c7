"""Questions of another file that stand inside a longer text: a turn, a sentence, or in a page.

Questions of under ``LEAST`` characters, or of fewer than four words, are said by chance ("And in
French?") and are not looked for.
"""

from collections import defaultdict
from collections.abc import Iterable

from tuneworthy.methods.neardup import normalise

LEAST = 20
"""Characters of the shortest question that is looked for."""
_WORDS = 4
_LINES = 20
"""Lines of the longest question that is looked for as a turn."""
_QUOTES = "\"'`*_()[]<>\u2018\u2019\u201c\u201d\u00ab\u00bb"
_STOPS = (".", "!", "?", ":", ";", "\u3002", "\uff1f")


class HeldQuestions:
    """Questions with their answers, to be found in texts.

    Args:
        cases: Each a number to be known by, the question and its answer.
    """

    def __init__(self, cases: Iterable[tuple[int, str, str]]) -> None:
        self._turns: dict[str, int] = {}
        self._sizes: set[int] = set()
        self._starts: defaultdict[tuple[str, ...], list[tuple[int, list[str], str]]]
        self._starts = defaultdict(list)
        for number, question, answer in cases:
            key = normalise(question)
            words = key.split()
            if len(key) < LEAST or len(words) < _WORDS:
                continue
            self._starts[tuple(words[:_WORDS])].append((number, words, normalise(answer)))
            size = question.strip().count("\n") + 1
            if size <= _LINES:
                self._turns.setdefault(key, number)
                self._sizes.add(size)

    def as_turn(self, text: str) -> int | None:
        """The question that some whole lines of the text are, word for word; the last such lines.

        The turns of a conversation stand one below the other.
        """
        lines = text.strip().split("\n")
        for start in range(len(lines) - 1, -1, -1):
            for size in self._sizes:
                if start + size <= len(lines):
                    key = normalise("\n".join(lines[start : start + size]))
                    if key in self._turns:
                        return self._turns[key]
        return None

    def as_sentence(self, text: str) -> int | None:
        """The question that stands word for word in the text, from one stop to another.

        So it stands among examples, instructions or notes. Part of a longer sentence is another
        question: "how do I get a card" is not "how do I get a card for my child".
        """
        words: list[str] = []
        opens: list[bool] = []
        closes: list[bool] = []
        for line in text.split("\n"):
            said = normalise(line).split()
            stops = [word.strip(_QUOTES).endswith(_STOPS) for word in said]
            words += [word.strip(_QUOTES) for word in said]
            opens += [True, *stops[:-1]] if said else []
            closes += [*stops[:-1], True] if said else []
        for start in range(len(words) - _WORDS + 1):
            if not opens[start]:
                continue
            for number, asked, _ in self._starts.get(tuple(words[start : start + _WORDS]), ()):
                end = start + len(asked)
                if words[start:end] == asked and closes[end - 1]:
                    return number
        return None

    def in_page(self, text: str) -> int | None:
        """The question that stands word for word in a text that has its answer too."""
        key = normalise(text)
        words = key.split()
        for start in range(len(words) - _WORDS + 1):
            for number, asked, answer in self._starts.get(tuple(words[start : start + _WORDS]), ()):
                if words[start : start + len(asked)] == asked and answer in key:
                    return number
        return None
