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
    for text in _texts(arm):
        said = _parts(text) | said
    return set(said) == set(PARTS) and len(set(said.values())) == len(PARTS)


def structure_fault(arm: Arm) -> str:
    """Why a prompt with some of the four labels does not count as structured.

    Empty for one that counts, and for one that has no label at all.
    """
    if arm.arm == "nearest_neighbour" or is_structured(arm):
        return ""
    spots = {name: said for text in reversed(_texts(arm)) for name, said in _labelled(text).items()}
    if not spots:
        return ""
    template = [name for name in PARTS if spots.get(name) in _TEMPLATE]
    short = [n for n in PARTS if n in spots and n not in template and not _says_enough(spots[n])]
    faults = (
        ("still the template's own text", template),
        ("missing", [name for name in PARTS if name not in spots]),
        (f"said in fewer than {FEWEST_WORDS} words", short),
    )
    told = [f"{', '.join(n.capitalize() for n in names)}: {why}" for why, names in faults if names]
    return "; ".join(told) or "two of its four lines say the same"


def _texts(arm: Arm) -> tuple[str, ...]:
    return (arm.system, *(arm.steps or (arm.user,)))


def _parts(text: str) -> dict[str, str]:
    """Each label's own words; parts that say too little are left out."""
    return {name: said for name, said in _labelled(text).items() if _says_enough(said)}


def _says_enough(said: str) -> bool:
    return len(_WORD.findall(said)) >= FEWEST_WORDS and said not in _TEMPLATE


def _labelled(text: str) -> dict[str, str]:
    """Each label's own words, in lower case; of two with one label the first that says enough."""
    found: dict[str, str] = {}
    labels = list(_LABEL.finditer(text))
    for number, label in enumerate(labels):
        end = labels[number + 1].start() if number + 1 < len(labels) else len(text)
        words = _WORD.findall(text[label.end() : end])
        said = " ".join(words).casefold()
        name = (label[1] or label[2]).lower()
        if name not in found or (_says_enough(said) and not _says_enough(found[name])):
            found[name] = said
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
