"""Answers of both arms that wait for somebody's word, where a word decides what a success is."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

GOOD = 0.5
"""A score of this or more, on the scale 0 (bad) to 1 (good), is a success."""

MOST = 50_000
"""Answers kept waiting; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Unrated:
    """An answer without a word on it: whose it was."""

    route: str
    manifest: str


class Ratings:
    """Remembers whose an answer was until the first word on it comes, and no longer."""

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[str, Unrated] = OrderedDict()
        self._most = most

    def wait_for(self, interaction: str, answer: Unrated) -> None:
        """Keep an answer until a word on it comes."""
        with self._lock:
            self._waiting[interaction] = answer
            while len(self._waiting) > self._most:
                self._waiting.popitem(last=False)

    def take(self, interaction: str) -> Unrated | None:
        """The answer that a word is about; None the second time, and for answers not known."""
        with self._lock:
            return self._waiting.pop(interaction, None)
