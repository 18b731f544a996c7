"""Every row format that is read, the most telling first."""

from typing import Literal

from tuneworthy.data.formats import (
    alpaca,
    argilla,
    chat_log,
    label_studio,
    openai_chat,
    openai_preference,
    otel,
    plain_text,
    preference,
    prompt_completion,
    request_target,
    sharegpt,
)
from tuneworthy.data.formats.format import Fields, Format

Shape = Literal[
    "openai_preference",
    "preference",
    "messages",
    "sharegpt",
    "instruction/output",
    "kto",
    "prompt/completion",
    "chat_log",
    "request/target",
    "label_studio",
    "argilla",
    "otel",
    "text/label",
    "text",
]

FORMATS: tuple[Format, ...] = (
    openai_preference.FORMAT,
    preference.FORMAT,
    openai_chat.FORMAT,
    sharegpt.FORMAT,
    alpaca.FORMAT,
    prompt_completion.KTO,
    prompt_completion.FORMAT,
    chat_log.FORMAT,
    request_target.FORMAT,
    label_studio.FORMAT,
    argilla.FORMAT,
    otel.FORMAT,
    plain_text.CLASS,
    plain_text.FORMAT,
)


def format_of(fields: Fields) -> Format | None:
    """The format of a row, or None for no known one.

    A project that maps ``request`` or ``target`` says that its rows have that form.
    """
    if {"request", "target"} & fields.columns.keys():
        return request_target.FORMAT
    return next((one for one in FORMATS if one.has(fields)), None)
