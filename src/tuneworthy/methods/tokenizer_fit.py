"""How well a tokenizer fits the texts: tokens per word, unknown tokens, rows over the length."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

Tokenize = Callable[[Sequence[str]], Sequence[Sequence[int]]]


class TokenizerFit(NamedTuple):
    """What was counted; rows are numbers of texts."""

    tokens: tuple[int, ...]
    """Tokens of each text."""
    tokens_per_word: float
    """All tokens over all words parted by blanks ("fertility", Rust et al. 2021).

    English is near 1.3 with most tokenizers; a script without blanks has no such figure.
    """
    unknown_share: float
    """Unknown tokens over all tokens; always 0 for a tokenizer of bytes, which knows everything."""
    unknown_rows: tuple[int, ...]
    over_rows: tuple[int, ...]
    """Texts with more tokens than ``longest``."""


def tokenizer_fit(
    texts: Sequence[str], tokenize: Tokenize, *, longest: int, unknown: int | None = None
) -> TokenizerFit:
    """Count tokens by the given tokenizer.

    Args:
        texts: Whole rows as they will be trained on.
        tokenize: Texts to token numbers, one list a text.
        longest: Most tokens that training keeps of a row.
        unknown: The number of the unknown token, if the tokenizer has one.

    Raises:
        ValueError: The tokenizer gave another number of lists than there are texts.
    """
    rows = tokenize(texts)
    if len(rows) != len(texts):
        raise ValueError(f"{len(rows)} token lists for {len(texts)} texts")
    sizes = tuple(len(row) for row in rows)
    strange = [sum(token == unknown for token in row) if unknown is not None else 0 for row in rows]
    words = sum(len(text.split()) for text in texts)
    return TokenizerFit(
        tokens=sizes,
        tokens_per_word=sum(sizes) / words if words else 0.0,
        unknown_share=sum(strange) / sum(sizes) if sum(sizes) else 0.0,
        unknown_rows=tuple(row for row, n in enumerate(strange) if n),
        over_rows=tuple(row for row, n in enumerate(sizes) if n > longest),
    )
