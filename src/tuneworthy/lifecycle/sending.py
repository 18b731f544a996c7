"""Hands one message to a mailbox or a webhook; checkpoints and notices both go this way."""

import os
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem, Problem
from tuneworthy.core.nouns.checkpoint import MailSettings
from tuneworthy.methods.canonical import digest, short


def label(destination: str) -> str:
    """A destination as it may be shown and kept: without path, query or mailbox."""
    if destination.startswith(("file:", "env:")):
        return destination
    parts = urlsplit(destination.removeprefix("tsa:"))
    shown = parts.hostname or parts.path.rpartition("@")[2]
    scheme = "tsa" if destination.startswith("tsa:") else parts.scheme
    return f"{scheme}:{shown}#{short(digest(destination), 8)}"


def resolved(destination: str) -> str:
    """A destination itself, where only the name of its environment variable is given.

    Raises ConfigProblem when that variable names none.
    """
    if not destination.startswith("env:"):
        return destination
    name = destination.removeprefix("env:")
    value = os.environ.get(name, "")
    if not value.startswith(("file:///", "http://", "https://", "mailto:", "tsa:")):
        raise ConfigProblem(
            "no_destination",
            f"The environment variable {name} does not name a destination.",
            fix=f"export {name}=https://...",
        )
    return value


def tell(
    place: str,
    mail: MailSettings,
    internal_hosts: Collection[str],
    *,
    subject: str,
    text: str,
    body: Mapping[str, Any],
) -> None:
    """Mail ``subject`` and ``text``, or post ``body`` as JSON; return when it was taken.

    Raises Problem when it did not arrive.
    """
    if place.startswith("mailto:"):
        adapters.send_mail(mail, to=unquote(urlsplit(place).path), subject=subject, text=text)
    else:
        adapters.post_json(place, body, internal=internal_hosts)


def words(problem: Problem) -> str:
    """Why something did not arrive, in one line."""
    return f"{problem.message} {problem.why}".strip()
