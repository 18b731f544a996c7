"""A check of audit packs that needs nothing of this product: it goes into every pack as one file.

It is written a second time, apart from what writes the chain, so that a fault in one of the two
shows. Its modules import each other and the standard library alone.
"""

import re
from importlib import resources

from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.program import check, lines
from tuneworthy.govern.verifier.zipped import zip_bytes

__all__ = ["Fault", "check", "lines", "source", "zip_bytes"]

_MODULES = (
    "forms",
    "ed25519",
    "p256",
    "notes",
    "passkeys",
    "envelopes",
    "log",
    "zipped",
    "words",
    "pack",
    "program",
)
_OWN = re.compile(r"^from tuneworthy\.[^\n(]*(\([^)]*\))?\n", re.MULTILINE)


def source() -> bytes:
    """The program as one Python file: the modules one after another, without their own imports."""
    here = resources.files(__package__)
    parts = [here.joinpath(f"{name}.py").read_text("utf-8") for name in _MODULES]
    body = "\n\n".join(_OWN.sub("", part).strip() for part in parts)
    return ("#!/usr/bin/env python3\n" + body + "\n\n\nsys.exit(main())\n").encode()
