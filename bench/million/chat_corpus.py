"""A file of short chat rows with planted copies, made from made-up or public sentences."""

import json
import random
import sys
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path

COPIES = 0.1
"""Share of the rows that are copies: half of them to the letter, half nearly."""
PERSONAL = 0.001
BROKEN = 0.0001
INTENTS = 60
WORDS = 12_000
SENTENCES = 120_000
RECENT = 20_000
"""A copy is of one of so many rows before it."""


def write(path: Path, rows: int, seed: int, public: Path | None = None) -> None:
    """Write ``rows`` lines of OpenAI chat; the same seed gives the same bytes.

    Args:
        path: The JSON Lines file.
        rows: How many.
        seed: Of all that is drawn.
        public: A folder with public sets, whose sentences are used instead of made-up ones.
    """
    with path.open("w", encoding="utf-8") as file:
        for line in _lines(rows, random.Random(seed), public):  # noqa: S311 - a fixed sample
            file.write(line + "\n")


def _lines(rows: int, draw: random.Random, public: Path | None) -> Iterator[str]:
    pool = _public(public) if public else _made_up(draw)
    before: list[tuple[str, str, str]] = []
    for number in range(rows):
        kind = draw.random()
        if kind < BROKEN:
            yield '{"messages": [{"role": "user", "content": "cut'
            continue
        if kind < BROKEN + COPIES and before:
            asked, answer, segment = draw.choice(before)
            asked = draw.choice(EDITS)(draw, asked) if draw.random() < 0.5 else asked
        else:
            asked, answer, segment = _row(draw, pool)
            if kind > 1 - PERSONAL:
                asked += f" Write to {draw.choice(pool)[0][:6].strip()}.{number}@mail.net."
        if len(before) < RECENT:
            before.append((asked, answer, segment))
        else:
            before[number % RECENT] = (asked, answer, segment)
        turns = [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]
        yield json.dumps({"messages": turns, "segment": segment}, ensure_ascii=False)


def _row(draw: random.Random, pool: list[tuple[str, str]]) -> tuple[str, str, str]:
    parts = [draw.choice(pool) for _ in range(draw.choice((1, 2, 2, 2, 3, 3)))]
    names = [name for _, name in parts]
    return " ".join(text for text, _ in parts), json.dumps({"intents": names}), names[0]


def _public(folder: Path) -> list[tuple[str, str]]:
    sys.path.insert(0, str(Path(__file__).parents[1] / "dedup"))
    import corpus

    found = [text for text in corpus.sentences(folder) if len(text) < 160]
    return [(text, f"intent_{i % INTENTS}") for i, text in enumerate(found)]


def _made_up(draw: random.Random) -> list[tuple[str, str]]:
    """Sentences of made-up words, some frequent and most rare (Zipf's law)."""
    ends = "".join(draw.sample("bcdfghjklmnprstvz", 12))
    words = ["".join(draw.choice(ends) + draw.choice("aeiou") for _ in range(1 + i % 4))
             for i in range(WORDS)]  # fmt: skip
    weights = list(accumulate(1 / (i + 3) for i in range(WORDS)))
    pool = []
    for i in range(SENTENCES):
        said = draw.choices(words, cum_weights=weights, k=draw.randrange(4, 12))
        pool.append((" ".join(said).capitalize() + draw.choice(".?"), f"intent_{i % INTENTS}"))
    return pool


def _case(_: random.Random, text: str) -> str:
    return text.upper()


def _space(_: random.Random, text: str) -> str:
    return text.replace(" ", "  ", 2)


def _letter(draw: random.Random, text: str) -> str:
    at = draw.randrange(len(text))
    return text[:at] + draw.choice("abcdefgh") + text[at + 1 :]


def _courtesy(_: random.Random, text: str) -> str:
    return f"{text} Please."


EDITS: tuple[Callable[[random.Random, str], str], ...] = (_case, _space, _letter, _courtesy)
