"""What a prompt says, whatever it is called: is it structured, and is it another one's twin."""

import re
import unicodedata

from tuneworthy.core.nouns.suite import Arm
from tuneworthy.methods.canonical import digest

PARTS = ("persona", "context", "task", "format")
FEWEST_WORDS = 3
"""A part with fewer words than this says nothing; the blank template's are of this kind."""

_NAME = "|".join(PARTS)
_LABEL = re.compile(
    rf"^[ \t>*#_-]*({_NAME})[ \t*_]*:[ \t*_]*|^#+[ \t]*({_NAME})[ \t*_]*$",
    re.IGNORECASE | re.MULTILINE,
)
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
"""A word; where words are written without spaces (Thai, Lao, Khmer, Chinese, Japanese), a sign."""
_TEMPLATE = frozenset({"who answers", "what they know", "what to do", "how the answer looks"})


def is_structured(arm: Arm) -> bool:
    """Whether the prompt has the four labelled parts, each at a line's start and with content.

    The labels are ``Persona:``, ``Context:``, ``Task:`` and ``Format:`` (or Markdown headings), in
    any order. A part counts when it holds at least three words of its own. The arm's name and note
    do not matter.
    """
    if arm.arm == "nearest_neighbour":
        return False
    said: dict[str, str] = {}
    for text in (arm.system, *(arm.steps or (arm.user,))):
        said = _parts(text) | said
    return set(said) == set(PARTS) and len(set(said.values())) == len(PARTS)


def _parts(text: str) -> dict[str, str]:
    """Each label's own words; parts that say too little are left out."""
    found: dict[str, str] = {}
    labels = list(_LABEL.finditer(text))
    for number, label in enumerate(labels):
        end = labels[number + 1].start() if number + 1 < len(labels) else len(text)
        words = _WORD.findall(text[label.end() : end])
        said = " ".join(words).casefold()
        if len(words) >= FEWEST_WORDS and said not in _TEMPLATE:
            found.setdefault((label[1] or label[2]).lower(), said)
    return found


def prompt_digest(arm: Arm) -> str:
    """Digest of what the model is asked, without the arm's name and note.

    The same prompt under five names is one prompt.
    """
    said = arm.model_dump(mode="json", exclude={"id", "note"})
    return digest(said | {"user": said["user"].strip(), "system": said["system"].strip()})


def words_digest(arm: Arm) -> str:
    """Digest of a prompt's words alone: it counts variants, so that trivial ones are one.

    Case, punctuation, white space, characters that are not seen and the number of worked examples
    make no other prompt.
    """
    return digest({"kind": arm.arm, "words": words_of(arm)})


def words_of(arm: Arm) -> list[list[str]]:
    """The words of each part of a prompt, without case and punctuation."""
    return [_words(part) for part in (arm.system, arm.user, arm.prefill, *arm.steps)]


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _WORD.findall("".join(c for c in plain if unicodedata.category(c) != "Cf"))
