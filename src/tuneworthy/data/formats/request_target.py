"""Our own short form, ``request`` and ``target``; and the pieces that other short forms share."""

from tuneworthy.core.nouns.example import Message
from tuneworthy.data.formats.format import Fields, Format, Parts
from tuneworthy.data.turns import read_turn
from tuneworthy.data.values import RowError, is_blank


def read(fields: Fields) -> Parts:
    """One request, one target, and if there is one a system text."""
    system: tuple[Message, ...] = ()
    if not is_blank(fields.get("system")):
        system = (read_turn("system", fields.get("system"), fields.path("system")),)
    return Parts((*system, asked(fields, "request"), answer(fields, "target")))


def asked(fields: Fields, field: str) -> Message:
    """A field as the user's turn."""
    if is_blank(fields.get(field)):
        raise RowError("no_request", fields.path(field), "the request is missing or empty")
    return read_turn("user", fields.get(field), fields.path(field))


def answer(fields: Fields, field: str) -> Message:
    """A field as the assistant's turn."""
    if is_blank(fields.get(field)):
        raise RowError("empty_target", fields.path(field), "the target is missing or empty")
    return read_turn("assistant", fields.get(field), fields.path(field))


FORMAT = Format("request/target", ("request", "target", "system"), ("request", "target"), read)
