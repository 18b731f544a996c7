"""A corpus of chat-sized texts from real sentences, with planted copies of stated kinds."""

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

SHARE = 0.2
"""Share of the documents that are planted copies."""
WORDS = 55
"""Documents end with the sentence that reaches a length drawn from 12 to 97 words."""


@dataclass(frozen=True)
class Corpus:
    """Texts in a shuffled order; ``origin[i]`` is the row that row i was copied from, or -1."""

    texts: list[str]
    origin: list[int]
    kind: list[str]
    edited: list[float]
    """Share of the words that the copy changes, 0..1."""


def sentences(folder: Path) -> list[str]:
    """The distinct sentences of the public sets, in order."""
    return list(dict.fromkeys(" ".join(text.split()) for text in _read(folder) if text.strip()))


def _read(folder: Path) -> Iterator[str]:
    clinc = json.loads((folder / "clinc150/data_full.json").read_text())
    for split in ("train", "val", "test"):
        yield from (text for text, _ in clinc[split])
    for name in ("banking77/train.csv", "banking77/test.csv"):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            yield from (row["text"] for row in csv.DictReader(file))
    for name in (
        "snips/train.jsonl", "hwu64/kfold1_train.jsonl", "slurp-devel/devel.jsonl",
        "azure-cli-examples/examples.jsonl", "awscli-examples/examples.jsonl",
        "gsm8k/test.jsonl", "gsm8k/train_sample1000.jsonl", "tldr-style/pairs.jsonl",
        "self-instruct-human/user_oriented_instructions.jsonl",
        "pypa-advisories/advisories.jsonl",
    ):  # fmt: skip
        for row in _lines(folder / name):
            yield from (v for v in row.values() if isinstance(v, str) and 15 < len(v) < 400)


def _lines(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def build(folder: Path, size: int, seed: int) -> Corpus:
    """``size`` documents, ``SHARE`` of them copies; the same seed gives the same corpus."""
    draw = random.Random(seed)  # noqa: S311 - a fixed sample
    pool = sentences(folder)
    vocabulary = sorted({word for text in pool[:20000] for word in text.split()})
    copies = round(size * SHARE)
    base = [_document(draw, pool) for _ in range(size - copies)]
    rows: list[tuple[str, int, str, float]] = [(text, -1, "", 0.0) for text in base]
    kinds = list(KINDS)
    for i in range(copies):
        source, kind = draw.randrange(len(base)), kinds[i % len(kinds)]
        text, edited = KINDS[kind](draw, base[source].split(" "), vocabulary)
        rows.append((text, source, kind, edited))
    order = list(range(size))
    draw.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    picked = [rows[old] for old in order]
    return Corpus(
        [row[0] for row in picked],
        [place[row[1]] if row[1] >= 0 else -1 for row in picked],
        [row[2] for row in picked],
        [row[3] for row in picked],
    )


def _document(draw: random.Random, pool: list[str]) -> str:
    wanted = draw.randrange(12, 2 * WORDS - 12)
    parts: list[str] = []
    while sum(part.count(" ") + 1 for part in parts) < wanted:
        parts.append(draw.choice(pool))
    return " ".join(parts)


Edit = Callable[[random.Random, list[str], list[str]], tuple[str, float]]


def _words(count: int) -> Edit:
    return lambda draw, words, vocabulary: _changed(draw, words, vocabulary, count)


def _percent(share: int) -> Edit:
    def edit(draw: random.Random, words: list[str], vocabulary: list[str]) -> tuple[str, float]:
        return _changed(draw, words, vocabulary, max(1, round(len(words) * share / 100)))

    return edit


def _changed(
    draw: random.Random, words: list[str], vocabulary: list[str], count: int
) -> tuple[str, float]:
    words = list(words)
    for at in draw.sample(range(len(words)), min(count, len(words))):
        words[at] = draw.choice(vocabulary)
    return " ".join(words), count / len(words)


def _case(draw: random.Random, words: list[str], _: list[str]) -> tuple[str, float]:
    return " ".join(draw.choice((str.upper, str.title, str.lower))(w) for w in words), 0.0


def _punctuation(draw: random.Random, words: list[str], _: list[str]) -> tuple[str, float]:
    spots = set(draw.sample(range(len(words)), max(1, len(words) // 20)))
    return " ".join(w + draw.choice(",.!;") if i in spots else w for i, w in enumerate(words)), 0.05


def _spaces(draw: random.Random, words: list[str], _: list[str]) -> tuple[str, float]:
    return "".join(word + draw.choice((" ", "  ", "\n", "\t")) for word in words), 0.0


def _affix(draw: random.Random, words: list[str], _: list[str]) -> tuple[str, float]:
    before = draw.choice(("Please: ", "Q: ", "Hello, "))
    return before + " ".join(words) + draw.choice((" Thanks!", "", " (end)")), 2 / len(words)


def _typos(draw: random.Random, words: list[str], _: list[str]) -> tuple[str, float]:
    words = list(words)
    count = max(1, len(words) // 20)
    for at in draw.sample(range(len(words)), count):
        cut = draw.randrange(len(words[at]) + 1)
        words[at] = words[at][:cut] + draw.choice("aeiostn") + words[at][cut:]
    return " ".join(words), count / len(words)


def _exact(_: random.Random, words: list[str], __: list[str]) -> tuple[str, float]:
    return " ".join(words), 0.0


KINDS: dict[str, Edit] = {
    "1 word": _words(1),
    "2 words": _words(2),
    "3 words": _words(3),
    "3 % of words": _percent(3),
    "5 % of words": _percent(5),
    "10 % of words": _percent(10),
    "20 % of words": _percent(20),
    "case": _case,
    "punctuation": _punctuation,
    "spaces": _spaces,
    "affix": _affix,
    "typos": _typos,
    "exact": _exact,
}
