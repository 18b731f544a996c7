import pytest

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.hosted import bills, count_tokens, read_prices


def example(*texts: str) -> Example:
    roles = ("user", "assistant") * len(texts)
    turns = [
        Message.model_validate({"role": role, "content": text})
        for role, text in zip(roles, texts, strict=False)
    ]
    return Example(id="x", messages=tuple(turns), provenance=Provenance(source="s", row=1))


def words(text: str) -> int:
    return len(text.split())


def test_tokens_are_counted_by_the_tokenizer_given():
    found = count_tokens([example("a b", "c"), example("a", "b", "c d e", "f g")], words, longest=5)
    assert (found.rows, found.prompt, found.target, found.total) == (2, 7, 3, 10)
    assert (found.longest, found.over) == (7, 1)


def test_prices_are_the_users_and_the_cheapest_stands_first():
    prices = read_prices(
        {
            "one": {"per_million_tokens": 4.0, "currency": "EUR"},
            "two": {"per_million_tokens": 1, "currency": "EUR", "minimum": 0.5},
            "three": {"per_million_tokens": 100, "currency": "USD"},
        },
        "prices.yaml",
    )
    tokens = count_tokens([example("a b c", "d")] * 10_000, words)
    found = [(bill.provider, bill.tokens, bill.price) for bill in bills(tokens, 2.5, prices)]
    assert found == [("one", 100_000, 0.4), ("two", 100_000, 0.5), ("three", 100_000, 10.0)]


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {},
        {"per_million_tokens": "3", "currency": "EUR"},
        {"per_million_tokens": -1, "currency": "EUR"},
        {"per_million_tokens": 3},
        {"per_million_tokens": True, "currency": "EUR"},
        {"per_million_tokens": float("nan"), "currency": "EUR"},
    ],
)
def test_an_entry_that_is_no_price_is_named(entry):
    with pytest.raises(ConfigProblem) as caught:
        read_prices({"good": {"per_million_tokens": 1, "currency": "EUR"}, "acme": entry}, "p.yaml")
    assert caught.value.message == "p.yaml: the entry of 'acme' is no price."
