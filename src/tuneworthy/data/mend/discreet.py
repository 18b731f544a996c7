"""Keeps personal data and secrets out of the ledger, whatever code a row was changed for."""

from collections.abc import Iterable

from tuneworthy.core.nouns.file_check import Edit, RowChange
from tuneworthy.data.mend.edits import MOST, PRIVATE
from tuneworthy.data.redact import Redaction, redact_text

_HOW = Redaction(least="low")


def discreet(change: RowChange) -> RowChange:
    """The same change, with no private value in its reason or its edits, and no text too long."""
    return change.model_copy(
        update={"reason": _without(change.reason), "edits": tuple(_told(change.edits))}
    )


def unrepeated(text: str) -> str:
    """What stands in the ledger in place of a text."""
    return f"({len(text)} characters, not repeated)"


def _told(edits: Iterable[Edit]) -> Iterable[Edit]:
    for edit in edits:
        if edit.code in PRIVATE:
            yield edit.model_copy(update={"after": edit.after[:MOST]})
        elif _is_private(edit.before) or _is_private(edit.after):
            shown = {"before": unrepeated(edit.before), "after": unrepeated(edit.after)}
            yield edit.model_copy(update=shown)
        else:
            shown = {"before": edit.before[:MOST], "after": edit.after[:MOST]}
            yield edit.model_copy(update=shown)


def _is_private(text: str) -> bool:
    texts, changes = redact_text(text, _HOW)
    return texts is None or bool(changes)


def _without(reason: str) -> str:
    """The reason with placeholders for private values that it quotes."""
    texts, _ = redact_text(reason, _HOW)
    return unrepeated(reason) if texts is None else texts[""]
