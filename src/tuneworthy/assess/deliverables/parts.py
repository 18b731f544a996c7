"""Small makers of what documents are built from, and the one way to write each kind of figure."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from tuneworthy.assess.deliverables.facts import Facts
from tuneworthy.core.nouns.base import Interval
from tuneworthy.core.nouns.deliverable import (
    Blank,
    Cell,
    EvidenceRef,
    Item,
    Row,
    Source,
    Table,
    Tone,
)
from tuneworthy.core.nouns.people import Role

NOT_KNOWN = "not known"
NOT_MEASURED = "not measured"

SIGNED = (
    "base_model_compute",
    "blind_review",
    "general_ability_review",
    "incident_contacts",
    "incident_workflow",
    "label_audit",
    "labelling_guide",
    "override_review",
    "policy",
    "quarterly_review",
    "red_team_review",
    "retention_class",
    "safety_review",
    "segment_review",
)
"""Every signed document that some blank asks for."""

_YES_NO = {True: "yes", False: "no", None: NOT_KNOWN}


def known(id_: str, label: str, cell: Cell, **more: Any) -> Item:
    """An item with a value. ``more`` are the item's other fields."""
    return Item(
        id=id_,
        label=label,
        value=cell.value,
        text=cell.text,
        tone=cell.tone,
        code=cell.code,
        **more,
    )


def blank(
    id_: str, label: str, missing: str, owner: str, command: str, *, source: Source = "ledger"
) -> Item:
    """An item that nobody has filled: what is missing, who owes it, what to type."""
    return Item(
        id=id_,
        label=label,
        blank=Blank(missing=missing, owner=owner, command=command),
        source=source,
    )


def table(
    id_: str,
    label: str,
    columns: Sequence[str],
    rows: Iterable[Row | Sequence[Cell]],
    *,
    first: int | None = None,
    **more: Any,
) -> Item:
    """An item that is a table. ``more`` are the item's other fields."""
    lines = tuple(row if isinstance(row, Row) else Row(cells=tuple(row)) for row in rows)
    made = Table(columns=tuple(columns), rows=lines, first=first)
    return Item(id=id_, label=label, table=made, **more)


def signed(facts: Facts, id_: str, label: str, missing: str, document: tuple[str, Role]) -> Item:
    """A document that a named person signed, or the blank that asks for it.

    Args:
        facts: The project.
        id_: The item's id.
        label: The item's label.
        missing: What the blank says.
        document: The document's name on the command line, and the role that owes it.
    """
    name, role = document
    if name not in SIGNED:
        raise ValueError(f"{name} is not among the documents that may be signed")
    found = facts.newest(f"document.{name}", facts.project.id)
    if found is None:
        command = f"tuneworthy people attest {name} FILE --by PERSON"
        return blank(id_, label, missing, facts.owner(role), command)
    sha256 = str(found.result.get("sha256") or NOT_KNOWN)
    return known(
        id_,
        label,
        Cell(value=sha256, text=sha256, tone="ok", code=True),
        lines=(
            f"Signed by {facts.name(found.signer)} as {words(found.result.get('role', ''))}, "
            f"{found.created_at}; file {found.result.get('path', NOT_KNOWN)}.",
        ),
        evidence=facts.ref(found),
    )


# -- cells: the value as it is on record, and how people read it -----------------------------


def word(value: str, tone: Tone = "") -> Cell:
    """A text; an empty one is not known."""
    return Cell(value=value or None, text=value or NOT_KNOWN, tone=tone)


def code(value: str) -> Cell:
    """A digest, command or name that is shown letter by letter."""
    return Cell(value=value or None, text=value or NOT_KNOWN, code=bool(value))


def short(value: str) -> Cell:
    """A digest by its first digits; the whole one stays the value."""
    said = value.removeprefix("sha256:")[:12]
    return Cell(value=value or None, text=said or NOT_KNOWN, code=bool(value))


def yes_no(value: bool | None, *, good: bool | None = None) -> Cell:
    """Yes, no or not known; green where it equals ``good``, red where it does not."""
    tone: Tone = "" if good is None or value is None else "ok" if value is good else "bad"
    return Cell(value=value, text=_YES_NO[value], tone=tone)


def count(value: int, tone: Tone = "") -> Cell:
    """A whole number with thousands marked."""
    return Cell(value=value, text=f"{value:,}", tone=tone)


def number(value: float | None, unit: str = "", digits: int = 4, tone: Tone = "") -> Cell:
    """A number to so many figures, with its unit."""
    if value is None or not math.isfinite(value):
        return Cell(value=None, text=NOT_KNOWN)
    return Cell(value=value, text=f"{value:,.{digits}g}{unit and f' {unit}'}", tone=tone)


def fixed(value: float | None, unit: str = "", decimals: int = 1) -> Cell:
    """A number to so many decimals, with its unit."""
    if value is None or not math.isfinite(value):
        return Cell(value=None, text=NOT_KNOWN)
    return Cell(value=value, text=f"{value:,.{decimals}f}{unit and f' {unit}'}")


def share(value: float | None, tone: Tone = "") -> Cell:
    """A share of one in percent, to one decimal."""
    if value is None or not math.isfinite(value):
        return Cell(value=None, text=NOT_KNOWN)
    return Cell(value=value, text=f"{value * 100:.1f} %", tone=tone)


def bounds(interval: Interval) -> Cell:
    """A 95 % interval of a share, in percent."""
    text = f"{interval.low * 100:.1f} to {interval.high * 100:.1f} %"
    return Cell(value=text, text=text)


def points(value: float) -> Cell:
    """A difference of shares in points, with its sign."""
    return Cell(value=value, text=f"{value * 100:+.1f} points")


def point_bounds(interval: Interval) -> Cell:
    """A 95 % interval of a difference, in points."""
    text = f"{interval.low * 100:+.1f} to {interval.high * 100:+.1f} points"
    return Cell(value=text, text=text)


def amount(value: float | None, currency: str) -> Cell:
    """Money; without a currency the bare figure."""
    return fixed(value, currency, 2)


def stamp(value: str) -> Cell:
    """A moment as it is on record."""
    return Cell(value=value or None, text=value or NOT_KNOWN)


def any_value(value: Any) -> Cell:
    """What a setting or a result holds, whatever it is."""
    if isinstance(value, bool):
        return yes_no(value)
    if isinstance(value, int):
        return Cell(value=value, text=str(value))
    if isinstance(value, float):
        return number(value, digits=6)
    if value is None:
        return Cell(value=None, text="none")
    return word(str(value))


def words(name: object) -> str:
    """A code name as words: ``model_owner`` becomes ``model owner``."""
    return str(name).replace("_", " ").strip()


def known_by(evidence: Sequence[EvidenceRef]) -> str:
    """Grade, age and first digits of the evidence behind a row."""
    if not evidence:
        return NOT_KNOWN
    first = evidence[0]
    age = "" if first.age_days is None else f", {first.age_days:g} days old"
    return f"{first.grade}{age}, {first.id.removeprefix('sha256:')[:12]}"
