"""The text of a file that a person named: a plain file, of a sane size, in UTF-8."""

import re
import shlex
import stat
from collections.abc import Callable
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem

MAX_BYTES = 1_000_000
"""A settings file larger than this is not a settings file."""

_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
)
_HANDED_OVER = re.compile(r"/dev/stdin|(/dev|/proc/self)/fd/\d+")
_MARKS = (
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
"""How a file begins that was saved in another form of Unicode."""


def read_text(path: Path, make: str) -> str:
    """The text of a settings file.

    Args:
        path: The file.
        make: What to type when it is missing.

    Raises:
        ConfigProblem: Missing, no plain file, too large, unreadable or not UTF-8.
    """
    require_file(path, make)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        raise _refused(path, fault) from fault
    if len(data) > MAX_BYTES:
        raise ConfigProblem(
            "bad_yaml", f"{path} is larger than {MAX_BYTES} bytes.", fix="Is it the right file?"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise _not_utf8(path, data, fault.start) from fault
    if "\0" in text and coding_of(data) != "latin1":
        raise _not_utf8(path, data, data.index(0))
    return text


def require_file(path: Path, make: str) -> None:
    """See that a file can be read to its end: nobody waits at a pipe that no one writes into.

    What the shell hands over (``/dev/stdin``, ``<(command)``) has a writer, so it may be read.
    Raises ConfigProblem for a missing file, a folder, a pipe, a socket or a device.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as fault:
        raise ConfigProblem("no_file", f"{path} does not exist.", fix=make) from fault
    except (OSError, ValueError) as fault:
        raise _refused(path, fault) from fault
    if not stat.S_ISREG(mode) and not _HANDED_OVER.fullmatch(str(path)):
        kind = next((name for is_one, name in _KINDS if is_one(mode)), "a device")
        raise ConfigProblem(
            "unreadable",
            f"{path} is {kind}; a plain file is needed.",
            why="Whatever is no plain file may never end, or never begin.",
            fix="Save what it holds in a file, and name that one.",
        )


def _refused(path: Path, fault: OSError | ValueError) -> ConfigProblem:
    said = fault.strerror if isinstance(fault, OSError) else str(fault)
    return ConfigProblem(
        "unreadable",
        f"{path} cannot be read: {said}.",
        fix="Is it the right file? If so, give this user the right to read it.",
    )


def _not_utf8(path: Path, data: bytes, place: int) -> ConfigProblem:
    """Names the form that the file is in, as far as it can be told."""
    coding = coding_of(data)
    name = shlex.quote(str(path))
    if coding == "latin1":
        return ConfigProblem(
            "not_utf8",
            f"{path} is not UTF-8 (byte {place}).",
            fix=f"Save it again as UTF-8, or: iconv -f latin1 -t utf-8 {name} -o {name}.utf8",
        )
    return ConfigProblem(
        "not_utf8",
        f"{path} is {coding.upper()}, not UTF-8 (byte {place}).",
        why="An editor on Windows calls that form 'Unicode'.",
        fix=f"Save it again as UTF-8, or: iconv -f {coding} -t utf-8 {name} -o {name}.utf8",
    )


def coding_of(data: bytes) -> str:
    """What bytes that are no UTF-8 most likely are, under iconv's name.

    Text of Western letters has a zero byte beside each of them in UTF-16; which side, says the
    order of the bytes. Anything else is taken for Latin-1.
    """
    for mark, coding in _MARKS:
        if data.startswith(mark):
            return coding
    even, odd = data[0:2000:2].count(0), data[1:2000:2].count(0)
    if max(even, odd) > len(data[:2000]) / 8:
        return "utf-16be" if even > odd else "utf-16le"
    return "latin1"
