"""Keys to compare examples by. They never touch the examples' own text."""

import json
import re
from typing import Any

from tuneworthy.core.nouns.example import Example
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.neardup import normalise


def place_of(example: Example) -> str:
    """``source:row``."""
    return f"{example.provenance.source}:{example.provenance.row}"


def prompt_text(example: Example) -> str:
    """All that was said before the target, without system turns and tool declarations.

    System turns and declarations repeat from row to row; with them every two rows look alike.
    """
    if example.is_text:
        return example.target
    return "\n".join(m.content for m in example.prompt if m.role != "system")


def prompt_key(example: Example) -> str:
    """Equal for two examples that ask the same with the same system turns and tools."""
    if example.is_text:
        return normalise(example.target)
    turns = [f"{m.role}:{normalise(m.content)}" for m in example.prompt]
    return "\n".join([*turns, _tools_key(example)])


def content_key(example: Example) -> str:
    """Equal for two examples that say the same to the letter, wherever they come from."""
    said = (*example.messages, *example.rejected)
    turns = [f"{len(m.content)}:{m.role}:{m.content}" for m in said]
    return "\n".join([*turns, f"{example.rating}", _tools_key(example)])


def row_key(example: Example) -> str:
    """Equal for exact duplicates: the same question with the same answer."""
    return f"{prompt_key(example)}\n=> {_answer(example)}"


def frame_key(example: Example) -> str:
    """Equal for two examples with the same system turns and tools, whatever they ask."""
    system = [normalise(m.content) for m in example.prompt if m.role == "system"]
    return "\n".join([_tools_key(example), *system])


def likeness_key(example: Example) -> str:
    """What two near-duplicates must have in common: answer, tools, system turns, numbers asked.

    Alike is not the same: "approve it" and "reject it" share most of their letters, and so do the
    commands that answer them. Only the wording of the request may differ.
    """
    numbers = " ".join(re.findall(r"\d+", prompt_text(example)))
    return "\n".join([frame_key(example), numbers, _answer(example)])


def _answer(example: Example) -> str:
    """What is to be learned: the target, and what makes it a pair or a rated answer."""
    worse = [normalise(turn.content) for turn in example.rejected]
    return "\n".join([normalise(example.target), f"{example.rating}", *worse])


def target_shape(text: str) -> str:
    """``JSON object``, ``JSON list``, ``JSON value`` or ``text``."""
    found, value = _parsed(text)
    if not found:
        return "text"
    if isinstance(value, dict):
        return "JSON object"
    return "JSON list" if isinstance(value, list) else "JSON value"


def _parsed(text: str) -> tuple[bool, Any]:
    stripped = text.strip()
    if stripped[:1] not in '{["-0123456789tfn':
        return False, None
    try:
        return True, json.loads(stripped)
    except (ValueError, RecursionError):
        return False, None


def _tools_key(example: Example) -> str:
    return digest(list(example.tools)) if example.tools else ""
