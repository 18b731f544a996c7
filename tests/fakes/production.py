"""Recorded requests, answers and ratings, as a gateway would have written them."""

import hashlib
import json
from typing import Any, Literal

from tuneworthy.core.nouns.serving import Feedback, Interaction

TOPICS = (
    "parcel that never came to the flat on the hill",
    "broken lock on a garden gate",
    "bill with a wrong sum for water",
    "late train from the coast",
    "stale bread bought at noon",
    "boat hire with two children",
    "drill that does not start any more",
    "bird that sits in the chimney",
)


def _name(number: int) -> str:
    """Letters by which no two requests are alike."""
    letters = hashlib.sha256(str(number).encode()).digest()
    return " ".join(
        bytes(97 + c % 26 for c in letters[at : at + 8]).decode() for at in range(0, 32, 8)
    )


def answer(number: int, route: str = "my-project", **more: Any) -> Interaction:
    """An answer to a request of its own; ``request`` and ``body`` change what was asked."""
    asked = more.pop("request", None) or f"{_name(number)}: {TOPICS[number % 8]}"
    body = {"model": route, "messages": [{"role": "user", "content": asked}]}
    body |= more.pop("body", {})
    facts = {
        "id": f"chatcmpl-{number:06}",
        "route": route,
        "manifest": "sha256:m",
        "arm": "production",
        "sticky_key": f"chatcmpl-{number:06}",
        "sticky": False,
        "created_at": f"2026-03-01T{number // 3600 % 24:02}:{number // 60 % 60:02}:"
        f"{number % 60:02}+00:00",
        "status": 200,
        "stream": False,
        "seconds": 0.1,
        "request": json.dumps(body),
        "response": f"It is about {TOPICS[number % 8].split()[0]}.",
    }
    return Interaction.model_validate({**facts, **more})


def word(
    number: int,
    score: float = 1.0,
    source: Literal["user", "override", "check"] = "user",
    *,
    id_: str = "",
    comment: str = "",
) -> Feedback:
    """What somebody said of the answer with this number."""
    return Feedback(
        id=id_ or f"fb-{number}-{source}-{score}",
        interaction=f"chatcmpl-{number:06}",
        score=score,
        source=source,
        comment=comment,
        created_at="2026-03-02T00:00:00+00:00",
    )
