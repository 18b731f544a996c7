"""Training rows as tokens, and the order in which batches are trained.

The whole run's batches are laid out before the first step, from the seed alone. A resumed run
skips the ones that are done and meets the same rest.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tuneworthy.adapters.local_model import render
from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.run import TrainSettings

PAD_TO = 16
IGNORED = -100
_SORTED_BATCHES = 8
"""Batches that are cut from one length-sorted window: little padding, still random."""


@dataclass(frozen=True)
class Row:
    """One example: token ids, and how many of them are the prompt (not learned)."""

    ids: list[int]
    masked: int


def rows_of(examples: Sequence[Example], tokenizer: Any, max_length: int) -> list[Row]:
    """Tokenise examples; the answer ends with the end-of-turn token.

    Raises:
        DataProblem: There is nothing to train on, or an example is longer than ``max_length``.
    """
    if not examples:
        raise DataProblem(
            "no_training_rows", "There are no rows to train on.", fix="Add data, or split less off."
        )
    rows = [_row(example, tokenizer) for example in examples]
    long = [index for index, row in enumerate(rows) if len(row.ids) > max_length]
    if long:
        most = max(len(rows[index].ids) for index in long)
        place = examples[long[0]].provenance
        raise DataProblem(
            "example_too_long",
            f"{len(long)} of {len(rows)} examples exceed max_length {max_length};"
            f" the first is {place.source}:{place.row}.",
            why="Cutting them would train on answers without their question, or without their end.",
            fix=f"Set training.max_length to {_round_up(most)}, or drop these rows.",
        )
    return rows


def preview(row: Row, tokenizer: Any) -> str:
    """A row as trained: ``[masked]prompt[/masked]answer``."""
    prompt, answer = row.ids[: row.masked], row.ids[row.masked :]
    return f"[masked]{tokenizer.decode(prompt)}[/masked]{tokenizer.decode(answer)}"


def schedule(rows: Sequence[Row], settings: TrainSettings) -> list[list[int]]:
    """Row numbers of every batch of the run, in order.

    Rows of like length share a batch. The longest batch comes first, so that a run that does not
    fit in memory fails at once.
    """
    size = settings.per_device_train_batch_size
    epoch_steps = math.ceil(len(rows) / size)
    steps = max(1, math.ceil(epoch_steps * settings.num_train_epochs))
    order: list[list[int]] = []
    epoch = 0
    while len(order) < steps:
        order += _epoch(rows, size, random.Random(f"{settings.seed}:{epoch}"))  # noqa: S311
        epoch += 1
    order = order[:steps]
    longest = max(range(steps), key=lambda step: padded_tokens(rows, order[step]))
    order[0], order[longest] = order[longest], order[0]
    return order


def _epoch(rows: Sequence[Row], size: int, rng: random.Random) -> list[list[int]]:
    shuffled = list(range(len(rows)))
    rng.shuffle(shuffled)
    batches: list[list[int]] = []
    window = size * _SORTED_BATCHES
    for start in range(0, len(shuffled), window):
        part = sorted(shuffled[start : start + window], key=lambda row: -len(rows[row].ids))
        batches += [part[at : at + size] for at in range(0, len(part), size)]
    rng.shuffle(batches)
    return batches


def padded_tokens(rows: Sequence[Row], batch: Sequence[int]) -> int:
    """Tokens that are computed for a batch, padding included."""
    return len(batch) * _round_up(max(len(rows[row].ids) for row in batch))


def padded(rows: Sequence[Row], batch: Sequence[int], pad: int) -> tuple[Any, Any]:
    """Token ids and labels of a batch as lists, padded on the right to a multiple of 16."""
    width = _round_up(max(len(rows[row].ids) for row in batch))
    ids, labels = [], []
    for index in batch:
        row = rows[index]
        rest = width - len(row.ids)
        ids.append(row.ids + [pad] * rest)
        answer = row.ids[row.masked :]
        labels.append([IGNORED] * row.masked + answer + [IGNORED] * rest)
    return ids, labels


def _row(example: Example, tokenizer: Any) -> Row:
    prompt = render(tokenizer, [{"role": m.role, "content": m.content} for m in example.prompt])
    answer = tokenizer(example.target, add_special_tokens=False).input_ids
    return Row([*prompt, *answer, tokenizer.eos_token_id], len(prompt))


def _round_up(length: int) -> int:
    return -(-length // PAD_TO) * PAD_TO
