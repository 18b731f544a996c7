"""Keeps secrets and personal data out of a pack: what is found is withheld, and said so."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tuneworthy.methods.pii.search import find_pii
from tuneworthy.methods.secrets.search import find_secrets

_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{64}")
_MACHINE = frozenset({"payload", "sig", "payloadType", "note", "salt"})
"""Names of values that are encoded bytes, in which there is nothing to read."""


class Sieve:
    """What goes into the pack passes through here.

    ``withheld`` lists what did not pass, ``noticed`` what must be there as it is and holds
    something all the same.
    """

    def __init__(self) -> None:
        self.withheld: list[dict[str, Any]] = []
        self.noticed: dict[str, int] = {}

    def passes(self, file: str, id_: str, value: Any) -> bool:
        """Whether a value holds no secret and no personal data of a kind that blocks."""
        if kinds := found_in(value):
            self.withheld.append({"file": file, "id": id_, "holds": kinds})
        return not kinds

    def notice(self, file: str, value: Any) -> None:
        """Count what is found in a value that cannot be left out."""
        if found_in(value):
            self.noticed[file] = self.noticed.get(file, 0) + 1

    def report(self) -> dict[str, Any]:
        """Both lists, for the pack."""
        return {
            "withheld": self.withheld,
            "kept_and_holding_something": self.noticed,
            "looked_for": "secrets and personal data with a form of their own; names of people "
            "in free text are not found by form",
        }


def found_in(value: Any) -> list[str]:
    """The kinds of secrets and of personal data that block, in any text inside a JSON value."""
    kinds = set[str]()
    for text in _texts(value, ""):
        hits = [*find_secrets(text), *find_pii(text)]
        kinds |= {hit.kind for hit in hits if hit.severity == "high"}
    return sorted(kinds)


def _texts(value: Any, name: str) -> Iterator[str]:
    if isinstance(value, str):
        if name not in _MACHINE and not _DIGEST.fullmatch(value):
            yield f"{name}: {value}"
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, str(key))
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner, name)
