"""Writes one answer into the answers file: nothing else in it changes, and nothing gets lost."""

import contextlib
import fcntl
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.nodes import MappingNode, ScalarNode
from ruamel.yaml.util import load_yaml_guess_indent

from tuneworthy.config.faults import build
from tuneworthy.config.text_file import read_text
from tuneworthy.config.yaml_file import parse_yaml, plain
from tuneworthy.core.errors import ConfigProblem, ConflictProblem, StoreProblem
from tuneworthy.core.nouns.project import Answers

Where = tuple[str, ...]
"""The names that lead to an answer: ``("factors", "C1")`` or ``("strategic_value",)``."""

Value = bool | int | float | str | None

_MAKE = "tuneworthy assess --ask"
_HEAD = "# Typed-in answers; what the system measures replaces them.\n"
_TRIES = 5
_WIDE = 100_000
"""A width that no line has, so that nothing is folded."""


def write_answer(path: Path, where: Where, value: Value, *, seen: Value = None) -> Answers:
    """Put one answer into the file, which is read anew first; gives back all that it then says.

    Comments, order and whatever else stands there are kept byte for byte where that is possible.
    A process that is killed leaves the old file or the new one.

    Args:
        path: The answers file; a missing one is made.
        where: The answer's place.
        value: The answer; None for not known.
        seen: What stood there when the person decided.

    Raises:
        ConfigProblem: The file cannot be read as it stands; nothing is written.
        ConflictProblem: Somebody changed this very answer since it was seen.
        StoreProblem: The disk refused.
    """
    path = path.resolve()
    with _alone(path):
        for _ in range(_TRIES):
            stamp = _stamp(path)
            text = read_text(path, _MAKE) if stamp else _HEAD
            content = parse_yaml(text, path, make=_MAKE, may_be_empty=True)
            said = build(Answers, plain(content), path, content)
            now = said.at(where)
            if now == value:
                return said
            if now != seen:
                raise ConflictProblem(
                    "answer_changed",
                    f"Somebody changed {'.'.join(where)} in {path} meanwhile.",
                    why=f"It says {json.dumps(now, default=str)} now.",
                    fix="Look at it, and answer again.",
                )
            changed = edited(text, path, where, value)
            again = parse_yaml(changed, path, make=_MAKE)
            answers = build(Answers, plain(again), path, again)
            if _replace(path, changed, stamp):
                return answers
    raise ConflictProblem(
        "answers_busy",
        f"{path} is being changed by something else all the time.",
        fix="Close the other program, and answer again.",
    )


def edited(text: str, path: Path, where: Where, value: Value) -> str:
    """The file's text with one answer changed.

    The answer is cut out and put in where it stands. Where that would not say what was
    meant (aliases, unusual forms), the file is written out anew from its parsed form.

    Raises ConfigProblem when neither says what was meant.
    """
    content = parse_yaml(text, path, make=_MAKE, may_be_empty=True)
    wanted = _with(plain(content), where, value)
    for attempt in (_spliced, _dumped):
        with contextlib.suppress(ConfigProblem, ValueError, LookupError, AttributeError):
            changed = attempt(text, where, value)
            if plain(parse_yaml(changed, path, make=_MAKE)) == wanted:
                return changed
    raise ConfigProblem(
        "cannot_edit",
        f"{path} is written in a way that cannot be changed safely.",
        why="The answer could not be put in without changing something else. Nothing was written.",
        fix=f"Type it in yourself: {': '.join(where)}: {_yaml(value)}",
    )


def _with(values: dict[str, Any], where: Where, value: Value) -> dict[str, Any]:
    *outer, last = where
    if not outer:
        return {**values, last: value}
    return {**values, outer[0]: {**(values.get(outer[0]) or {}), last: value}}


# -- text ---------------------------------------------------------------------------------------


def _spliced(text: str, where: Where, value: Value) -> str:
    """The text with the answer put in at its own place; comments and order stay."""
    end = "\r\n" if "\r\n" in text else "\n"
    root = YAML(typ="rt").compose(text)
    *outer, last = where
    node, indent = root, ""
    if outer:
        found = _pair(root, outer[0])
        if found is None:
            return f"{_closed(text, end)}{outer[0]}:{end}  {last}: {_yaml(value)}{end}"
        name, node = found
        indent = " " * (name.start_mark.column + 2)
        if not isinstance(node, MappingNode) or (node.flow_style and not node.value):
            after = _after_colon(text, name)
            rest = text[node.end_mark.index :] if isinstance(node, MappingNode) else text[after:]
            return f"{text[:after]}{end}{indent}{last}: {_yaml(value)}{rest}"
    found = _pair(node, last)
    if found is not None:
        return _put(text, *found, value)
    if node is None:
        return f"{_closed(text, end)}{last}: {_yaml(value)}{end}"
    if node.flow_style:
        cut = node.end_mark.index - 1
        return f"{text[:cut].rstrip()}, {last}: {_yaml(value)}{text[cut:]}"
    first, tail = node.value[0][0], node.value[-1][1]
    cut = _end_of_line(text, tail.end_mark.index)
    indent = " " * first.start_mark.column
    return f"{_closed(text[:cut], end)}{indent}{last}: {_yaml(value)}{end}{text[cut:]}"


def _put(text: str, name: ScalarNode, old: ScalarNode, value: Value) -> str:
    """Exchange a value; a comment after it keeps its column where there is room."""
    begin, stop = old.start_mark.index, old.end_mark.index
    if begin == stop:
        begin = stop = _after_colon(text, name)
    new = _yaml(value) if text[begin - 1 : begin] == " " else f" {_yaml(value)}"
    rest = text[stop:]
    if text[begin:stop].endswith("\n"):
        return f"{text[:begin]}{new}\n{rest}"
    gap = len(rest) - len(rest.lstrip(" "))
    if gap and rest[gap : gap + 1] == "#":
        room = max(2, gap + (stop - begin) - len(new))
        rest = " " * room + rest[gap:]
    return f"{text[:begin]}{new}{rest}"


def _pair(node: Any, name: str) -> tuple[ScalarNode, Any] | None:
    pairs = node.value if isinstance(node, MappingNode) else []
    return next(((k, v) for k, v in pairs if getattr(k, "value", None) == name), None)


def _after_colon(text: str, name: ScalarNode) -> int:
    return text.index(":", name.end_mark.index) + 1


def _end_of_line(text: str, index: int) -> int:
    """Where the line ends that ``index`` is on; ``index`` itself at the start of a line."""
    if text[index - 1 : index] == "\n":
        return index
    found = text.find("\n", index)
    return len(text) if found < 0 else found + 1


def _closed(text: str, end: str) -> str:
    return text if not text or text.endswith("\n") else text + end


def _yaml(value: Value) -> str:
    # Every JSON scalar is one of YAML too.
    return json.dumps(value, ensure_ascii=False)


def _dumped(text: str, where: Where, value: Value) -> str:
    """The whole file written anew from its parsed form, comments included."""
    _, indent, offset = load_yaml_guess_indent(text)
    parser = YAML(typ="rt")
    parser.preserve_quotes = True
    parser.width = _WIDE
    parser.explicit_start = text.lstrip().startswith("---")
    parser.indent(mapping=2, sequence=indent or 2, offset=offset or 0)
    content = parser.load(text)
    *outer, last = where
    node = content
    for name in outer:
        if not isinstance(node.get(name), dict):
            node[name] = CommentedMap()
        node = node[name]
    node[last] = value
    out = io.StringIO()
    parser.dump(content, out)
    return out.getvalue()


# -- disk ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let two interviews of one project write one after the other."""
    try:
        handle = os.open(path.parent, os.O_RDONLY)
    except OSError as fault:
        raise _refused(path, fault) from fault
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What tells two contents of a file apart without reading it; None where there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise _refused(path, fault) from fault
    return found.st_ino, found.st_mtime_ns, found.st_size


def _replace(path: Path, text: str, stamp: tuple[int, int, int] | None) -> bool:
    """Put the new text in the file's place at one stroke; false if somebody was quicker."""
    draft = path.with_name(f".{path.name}.draft")
    try:
        mode = path.stat().st_mode & 0o777 if stamp else 0o644
        draft.unlink(missing_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with open(handle, "wb") as file:  # noqa: PTH123 - by its handle
            file.write(text.encode())
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        if _stamp(path) != stamp:
            draft.unlink()
            return False
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as fault:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise _refused(path, fault) from fault
    return True


def _refused(path: Path, fault: OSError) -> StoreProblem:
    return StoreProblem(
        "answers_not_written",
        f"{path} cannot be written: {fault.strerror}.",
        why="The answer just given is not kept; all earlier ones are.",
        fix="Make room or give this user the right to write there, then: tuneworthy assess --ask",
    )
