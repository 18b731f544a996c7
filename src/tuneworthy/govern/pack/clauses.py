"""Which clause each part of a pack speaks to, with the state of the law as dated."""

import tomllib
from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import Any

from tuneworthy.core.nouns.base import Part

TITLES = {
    "nist_ai_rmf": "NIST AI RMF",
    "eu_ai_act": "EU AI Act",
    "sr_26_2": "SR 26-2 topic (voluntary)",
    "iso_42001": "ISO 42001",
}


class Clauses(Part):
    """One part of the pack and what it speaks to."""

    content: str
    files: tuple[str, ...]
    nist_ai_rmf: str
    eu_ai_act: str
    sr_26_2: str
    iso_42001: str


class ClauseMap(Part):
    """All parts, and the state of the law on a day."""

    as_of: str
    legal: dict[str, str]
    part: tuple[Clauses, ...]


@cache
def shipped() -> ClauseMap:
    """The table that comes with the product."""
    text = resources.files(__package__).joinpath("clauses.toml").read_text("utf-8")
    return ClauseMap.model_validate(tomllib.loads(text))


def clause_map(present: Collection[str]) -> dict[str, Any]:
    """The table as JSON; each part says which of its files are in the pack and which are not."""
    table = shipped()
    return {
        "as_of": table.as_of,
        "legal": table.legal,
        "not_legal_advice": True,
        "parts": [
            {
                **part.model_dump(exclude={"files"}),
                "present": [name for name in part.files if name in present],
                "absent": [name for name in part.files if name not in present],
            }
            for part in table.part
        ],
    }


def clause_table(present: Collection[str]) -> str:
    """The table as Markdown."""
    table = shipped()
    head = ("Content", *TITLES.values(), "Here", "Not here")
    lines = [
        "# What this pack speaks to",
        "",
        f"State of the law as of {table.as_of}. This is no legal advice. That a file is here does",
        "not mean that a duty is met: read what it says.",
        "",
        *(f"- **{TITLES[name]}**: {words}" for name, words in table.legal.items()),
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for part in table.part:
        here = ", ".join(f"`{name}`" for name in part.files if name in present)
        gone = ", ".join(f"`{name}`" for name in part.files if name not in present)
        cells = (part.content, *(getattr(part, name) for name in TITLES), here, gone)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
