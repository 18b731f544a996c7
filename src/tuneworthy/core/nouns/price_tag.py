"""Tokens of training rows, and what hosted providers would charge at the prices the user names."""

from tuneworthy.core.nouns.base import Part


class HostedBill(Part):
    """What one training would cost at one provider, in the currency its price was named in."""

    provider: str
    currency: str
    tokens: int
    """That are charged: all of the rows', once an epoch."""
    price: float


class PriceTag(Part):
    """Counted tokens of the turns' texts; a chat template adds a few for each turn."""

    of: str
    """The dataset version (its training part), or the file."""
    tokenizer: str
    rows: int
    prompt_tokens: int
    target_tokens: int
    longest: int
    """Tokens of the longest row."""
    limit: int
    over: int
    """Rows of more tokens than the limit."""
    epochs: float
    bills: tuple[HostedBill, ...]
    """Cheapest first within a currency; empty when no prices were given."""
