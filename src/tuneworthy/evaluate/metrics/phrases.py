"""Finds a phrase in a text, by whole words or anywhere."""

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def _form(phrase: str, case: bool, whole_words: bool) -> re.Pattern[str]:
    body = r"\s+".join(re.escape(word) for word in phrase.split())
    if whole_words:
        body = rf"(?<!\w){body}(?!\w)"
    return re.compile(body, 0 if case else re.I)


def holds(text: str, phrase: str, *, case: bool = False, whole_words: bool = True) -> bool:
    """Whether the phrase stands in the text; white space between its words may be any.

    A blank phrase stands nowhere.

    >>> holds("Open the I AM page", "i am"), holds("diameter", "iam")
    (True, False)
    """
    return bool(phrase.strip()) and _form(phrase, case, whole_words).search(text) is not None
