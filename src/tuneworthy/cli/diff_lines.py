"""Two answers word by word, for a terminal and as Markdown."""

import re
from collections.abc import Sequence

import click

from tuneworthy.core.nouns.failures import CaseDiff, Piece, RunDiff
from tuneworthy.methods.visible import visible

MOST = 4_000
"""Characters of one answer that are printed."""
_NOTHING = "(nothing)"


def head_lines(found: RunDiff) -> list[str]:
    """What was compared, and how many cases are of which sort."""
    counts = ", ".join(f"{name} {n:,}" for name, n in found.counts.items())
    return [
        f"Base: {visible(found.base, 300)}",
        f"Candidate: {visible(found.candidate, 300)}",
        f"{found.n:,} cases: {counts}. Other text in {found.other_text:,}.",
        f"Shown: {len(found.cases):,} of {found.found:,}.",
    ]


def diff_lines(found: RunDiff, *, colour: bool) -> list[str]:
    """Lines for a terminal: what is missing in red, what is added in green.

    Without colour they stand in [-...-] and {+...+}. Nothing in an answer can steer the terminal.
    """
    return [*head_lines(found), *(line for one in found.cases for line in _case(one, colour))]


def _case(one: CaseDiff, colour: bool) -> list[str]:
    title = _title(one)
    lines = ["", click.style(title, bold=True) if colour else title]
    lines += _block("request", visible(one.request, MOST, lines=True))
    if one.against == "expected":
        lines += _block("expected", visible(one.expected, MOST, lines=True))
    lines += _block("base", marked(one.base, colour=colour))
    return lines + _block("candidate", marked(one.candidate, colour=colour))


def _title(one: CaseDiff) -> str:
    kinds = " -> ".join(kind or "right" for kind in (one.base_kind, one.candidate_kind))
    segment = f" [{visible(one.segment, 60)}]" if one.segment else ""
    return (
        f"{visible(one.id, 100)}{segment} {one.change}: score {one.base_score:g} -> "
        f"{one.candidate_score:g} ({visible(kinds, 200)})"
    )


def _block(name: str, text: str) -> list[str]:
    first, *more = (text or _NOTHING).split("\n")
    return [f"  {name + ':':10} {first}", *(f"  {'':10} {line}" for line in more)]


def marked(pieces: Sequence[Piece], *, colour: bool) -> str:
    """The pieces as one text, its changes marked; cut after 4,000 characters."""
    said, left = "", MOST
    for piece in pieces:
        if left <= 0:
            return said + "... (cut)"
        text = visible(piece.text, left, lines=True)
        left -= len(text)
        said += _mark(piece.sort, text, colour)
    return said


def _mark(sort: str, text: str, colour: bool) -> str:
    if sort == "same" or not text:
        return text
    if not colour:
        return f"[-{text}-]" if sort == "gone" else f"{{+{text}+}}"
    styled = {"fg": "red", "strikethrough": True} if sort == "gone" else {"fg": "green"}
    # Each line by itself, so that a pager that cuts lines leaves no colour behind.
    return "\n".join(click.style(part, **styled) if part else "" for part in text.split("\n"))


def markdown(found: RunDiff) -> str:
    """The same as Markdown; every text stands in a fence that it cannot close."""
    parts = ["# Answers side by side", "", *(f"- {_plain(line)}" for line in head_lines(found))]
    for one in found.cases:
        parts += ["", f"## {_plain(_title(one))}", ""]
        body = "\n".join(_case(one, colour=False)[2:])
        longest = max((len(run) for run in re.findall("`+", body)), default=0)
        fence = "`" * max(3, longest + 1)
        parts += [f"{fence}text", body, fence]
    return "\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """A line in which no sign means anything to Markdown."""
    return re.sub(r"([\\`*_\[\]<>|~&$#!{}])", r"\\\1", text)
