"""The key that a project's canaries are made from; it stays in the state folder."""

from pathlib import Path

from tuneworthy.lifecycle.key_file import key_file

FILE = "canaries.key"


def canary_key(state: Path) -> bytes:
    """The project's key, made at the first call. Raises StoreProblem."""
    return key_file(
        state / FILE,
        "no_canary_key",
        "The answers of canaries must not be guessed.",
        "the next build makes new canaries",
    )
