"""Tokens of a dataset, and what hosted providers would charge, at the prices that the user names.

No price is known here: one that is made up is worse than none.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeGuard

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.example import Example

CountTokens = Callable[[str], int]
"""Tokens of a text, by the tokenizer that will train on it."""
_MILLION = 1_000_000


class Tokens(NamedTuple):
    """Tokens of the turns' texts; a chat template adds a few for each turn."""

    rows: int
    prompt: int
    target: int
    """Of the last turns alone: what is learned."""
    longest: int
    """Of one row."""
    over: int
    """Rows of more tokens than the limit that was named."""

    @property
    def total(self) -> int:
        """Of prompts and targets together."""
        return self.prompt + self.target


class HostedPrice(NamedTuple):
    """What a provider asks for, as the user's file says."""

    provider: str
    per_million_tokens: float
    currency: str
    minimum: float = 0.0
    """For a job, whatever its size."""


class Bill(NamedTuple):
    """What a training would cost at one provider."""

    provider: str
    currency: str
    tokens: int
    """That are charged: all of the dataset's, once an epoch."""
    price: float


def count_tokens(examples: Iterable[Example], count: CountTokens, longest: int = 0) -> Tokens:
    """Count a dataset's tokens.

    Args:
        examples: The rows.
        count: Tokens of one text.
        longest: Rows of more tokens are counted as ``over``; 0 for no limit.
    """
    rows = prompt = target = most = over = 0
    for example in examples:
        asked = sum(count(message.content) for message in example.prompt)
        learned = count(example.target)
        rows, prompt, target = rows + 1, prompt + asked, target + learned
        most = max(most, asked + learned)
        over += bool(longest) and asked + learned > longest
    return Tokens(rows, prompt, target, most, over)


def bills(tokens: Tokens, epochs: float, prices: Sequence[HostedPrice]) -> list[Bill]:
    """What each provider would charge, the cheapest first within a currency.

    Providers charge every token of the file for every epoch, prompts too.
    """
    charged = round(tokens.total * epochs)
    found = [
        Bill(
            price.provider,
            price.currency,
            charged,
            max(price.minimum, charged / _MILLION * price.per_million_tokens),
        )
        for price in prices
    ]
    return sorted(found, key=lambda bill: (bill.currency, bill.price))


def read_prices(values: Mapping[str, Any], file: str) -> list[HostedPrice]:
    """Prices from a user's YAML: provider to ``per_million_tokens``, ``currency``, ``minimum``.

    Raises:
        ConfigProblem: Says which provider's entry is at fault.
    """
    found = []
    for provider, entry in values.items():
        price = entry.get("per_million_tokens") if isinstance(entry, Mapping) else None
        minimum = entry.get("minimum", 0.0) if isinstance(entry, Mapping) else 0.0
        currency = entry.get("currency") if isinstance(entry, Mapping) else None
        named = isinstance(currency, str) and currency
        if not (named and _is_price(price) and _is_price(minimum)):
            raise ConfigProblem(
                "bad_price",
                f"{file}: the entry of '{provider}' is no price.",
                fix="Write: PROVIDER: {per_million_tokens: 3.0, currency: EUR}",
            )
        found.append(HostedPrice(str(provider), float(price), str(currency), float(minimum)))
    return found


def _is_price(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
