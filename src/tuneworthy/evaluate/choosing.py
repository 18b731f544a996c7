"""Which of several texts a model holds for the likeliest."""

from collections.abc import Sequence
from typing import Literal

ChooseBy = Literal["sum", "bytes"]


def likeliest(logprobs: Sequence[float], choices: Sequence[str], by: ChooseBy = "sum") -> int:
    """The place of the likeliest choice; of equals the first.

    ``sum`` takes the whole text's log-probability (``acc`` of lm-evaluation-harness), ``bytes``
    divides it by the text's UTF-8 length, so that long choices have a chance (its ``acc_bytes``;
    its ``acc_norm`` counts characters, the same for ASCII).
    """
    sizes = [1 if by == "sum" else max(1, len(choice.encode())) for choice in choices]
    scores = [chance / size for chance, size in zip(logprobs, sizes, strict=True)]
    return max(range(len(scores)), key=lambda place: (scores[place], -place))
