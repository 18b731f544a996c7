"""Markup of a chat template, or headings of a prompt, that stand in the text itself."""

import re

from tuneworthy.core.nouns.example import Example
from tuneworthy.data.checks.check import RowCheck

_MARKS = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|system|user"
    r"|assistant|end)\|>"
    r"|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>"
    r"|^#{2,3} ?(?:Instruction|Response|Input)s?:\s*$"
    r"|^(?:Human|Assistant|User): ",
    re.M,
)


def fails(example: Example) -> bool:
    """The target holds markup or headings that belong to a prompt."""
    return bool(_MARKS.search(example.target))


CHECK = RowCheck(
    "template_text",
    "warning",
    "The target holds text of a prompt or chat template.",
    "Cut the markup out of the source; the trainer adds the template itself.",
    fails,
)
