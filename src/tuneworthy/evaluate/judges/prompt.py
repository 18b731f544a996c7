"""The judge's prompts, kept as files, and what is filled into them."""

from functools import cache
from importlib import resources
from typing import Literal

from tuneworthy.methods.canonical import digest

PromptName = Literal["pairwise", "rubric", "reference"]


@cache
def prompt_text(name: PromptName) -> str:
    """The text of one prompt file."""
    return resources.files(__package__).joinpath("prompts", f"{name}.txt").read_text("utf-8")


def prompts_digest(name: PromptName) -> str:
    """Digest of a prompt with the block that a right answer is shown in."""
    return digest([prompt_text(name), prompt_text("reference")])


def filled(name: PromptName, **fields: str) -> str:
    """The prompt with its fields in place; what stands in a field is never read as a field."""
    parts = []
    rest = prompt_text(name)
    while "{" in rest:
        before, _, rest = rest.partition("{")
        field, _, rest = rest.partition("}")
        parts += [before, fields[field]]
    return "".join([*parts, rest])


def reference_block(reference: str) -> str:
    """The right answer for the judge to go by; empty where there is none."""
    return filled("reference", reference=reference.strip()) if reference.strip() else ""
