"""How likely texts are after prompts: one pass over each prompt, whatever number of texts follows.

The texts that follow one prompt stand side by side in one row, after the prompt's tokens. A mask
lets each see the prompt and itself, and positions go on from the prompt in each of them, so that
every text is computed as if it stood alone (the tree attention of Miao et al., "SpecInfer",
arXiv:2305.09781). A start that all prompts share is computed once, as for decoding.

Where a text begins is decided as in lm-evaluation-harness: prompt and text are tokenised together,
what the prompt's own tokens do not cover is the text, and spaces at a prompt's end belong to it.
A text without a prompt may be longer than the model holds: it is read in windows, as there.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from tuneworthy.adapters.decoding import Decoder, Prompt, common_prefix
from tuneworthy.adapters.key_values import Shared
from tuneworthy.adapters.side_by_side import run_batches
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.model_ports import Likelihood
from tuneworthy.core.ports import Progress

MAX_ROWS = 32
MAX_TOKENS = 4096
"""Tokens in one batch, padding included."""
LOGIT_ROWS = 256
"""Positions whose whole vocabulary is held at once."""
WINDOW = 2048
"""Tokens of a text without a prompt that are read at once, at most."""


@dataclass(frozen=True)
class Scored:
    """Token ids of a prompt, at least one, and of the text after it, at least one."""

    prompt: tuple[int, ...]
    text: tuple[int, ...]


def encoded(tokenizer: Any, prompt: str, text: str, room: int) -> list[Scored]:
    """The pair as tokens; several windows where a text without a prompt does not fit into one.

    Raises:
        ModelProblem: The text is empty, or longer with its prompt than the model can hold.
    """
    bare = prompt.rstrip()
    prompt, text = bare, prompt[len(bare) :] + text
    own = tokenizer(prompt, add_special_tokens=False).input_ids if prompt else []
    whole = tokenizer(prompt + text, add_special_tokens=False).input_ids
    after = whole[len(own) :]
    if not after:
        raise ModelProblem(
            "nothing_to_score",
            "There is no text whose probability could be told.",
            why="It is empty, or it adds no token of its own to the prompt.",
            fix="Give every case an expected answer, and every choice a text.",
        )
    if not own:
        start = tokenizer.bos_token_id
        return windows(tokenizer.eos_token_id if start is None else start, after, min(room, WINDOW))
    if len(own) + len(after) > room + 1:
        raise ModelProblem(
            "prompt_too_long",
            f"A prompt of {len(own)} tokens and a text of {len(after)} exceed the model's {room}.",
            fix="Shorten the prompt, or use fewer examples.",
        )
    return [Scored(tuple(own), tuple(after))]


def windows(start: int, text: Sequence[int], room: int) -> list[Scored]:
    """A text's tokens in windows of ``room``, each token told once, as lm-evaluation-harness cuts.

    The first window begins with the token that starts a text, the next ones with the last token
    before them; the last one is filled up with what stands before it.
    """
    found = [Scored((start,), tuple(text[:room]))]
    for done in range(room, len(text), room):
        end = min(done + room, len(text))
        found.append(Scored(tuple(text[end - room - 1 : done]), tuple(text[done:end])))
    return found


def joined(told: Iterable[Likelihood], sizes: Sequence[int]) -> list[Likelihood]:
    """Windows' likelihoods as those of whole texts; ``sizes`` says how many each text has."""
    rest = iter(told)
    texts = [list(itertools.islice(rest, size)) for size in sizes]
    return [
        Likelihood(
            logprob=sum(one.logprob for one in parts),
            tokens=sum(one.tokens for one in parts),
            greedy=all(one.greedy for one in parts),
        )
        for parts in texts
    ]


@dataclass(frozen=True)
class _Row:
    """One prompt's own tokens (without the shared start) and the texts after it."""

    own: tuple[int, ...]
    texts: tuple[tuple[int, ...], ...]
    places: tuple[tuple[int, ...], ...]
    """Where each text's result belongs."""

    @property
    def width(self) -> int:
        # The last token of a text is looked up, never read.
        return len(self.own) + sum(len(text) - 1 for text in self.texts)


class Scorer:
    """Log-probabilities over one loaded causal language model."""

    def __init__(self, model: Any, decoder: Decoder) -> None:
        self._model = model
        self._decoder = decoder

    def score(
        self, pairs: Sequence[Scored], progress: Progress | None = None, threads: int = 1
    ) -> list[Likelihood]:
        """The likelihood of each pair's text, in the order given."""
        prompts = [Prompt(list(prompt), 0) for prompt in {pair.prompt for pair in pairs}]
        length = common_prefix(prompts)
        shared = self._decoder.prefix(prompts[0].ids[:length]) if length else None
        rows = _rows(pairs, length)
        found: dict[int, Likelihood] = {}

        def take(scored: list[tuple[int, Likelihood]]) -> None:
            found.update(scored)
            if progress:
                progress("score", len(found), len(pairs))

        def starter(batch: list[_Row]) -> Any:
            return lambda: self._batch(batch, length, shared)

        run_batches([starter(batch) for batch in _batches(rows)], take, threads)
        return [found[number] for number in range(len(pairs))]

    def _batch(
        self, rows: list[_Row], offset: int, shared: Shared | None
    ) -> Iterator[list[tuple[int, Likelihood]]]:
        width = max(row.width for row in rows)
        laid = [_lay_out(row, offset, width) for row in rows]
        branches = torch.tensor([one.branches for one in laid])
        hidden = self._decoder.hidden(
            torch.tensor([one.ids for one in laid]),
            _mask(branches, self._decoder),
            torch.tensor([one.positions for one in laid]),
            shared,
        )
        places = [(number, *spot) for number, one in enumerate(laid) for spot in one.looked_up]
        states = hidden[[row for row, _, _ in places], [place for _, place, _ in places]]
        wanted = torch.tensor([token for _, _, token in places])
        chances, likeliest = self._chances(states, wanted)
        yield _collect(rows, chances, likeliest)

    def _chances(self, states: Any, wanted: Any) -> tuple[list[float], list[bool]]:
        """Log-probability of each wanted token, and whether it is the likeliest."""
        head = self._model.get_output_embeddings()
        chances: list[float] = []
        likeliest: list[bool] = []
        with torch.no_grad():
            for start in range(0, len(wanted), LOGIT_ROWS):
                end = start + LOGIT_ROWS
                logits = head(states[start:end]).float()
                picked = wanted[start:end, None]
                chosen = logits.gather(1, picked)[:, 0] - logits.logsumexp(1)
                chances += chosen.tolist()
                likeliest += (logits.argmax(1) == picked[:, 0]).tolist()
        return chances, likeliest


@dataclass(frozen=True)
class _Layout:
    """One row as the model gets it; ``looked_up`` is (place, token that follows there)."""

    ids: list[int]
    positions: list[int]
    branches: list[int]
    looked_up: list[tuple[int, int]]


def _lay_out(row: _Row, offset: int, width: int) -> _Layout:
    ids, positions = list(row.own), list(range(offset, offset + len(row.own)))
    branches = [0] * len(ids)
    last = len(ids) - 1
    looked_up = []
    for branch, text in enumerate(row.texts, 1):
        looked_up.append((last, text[0]))
        looked_up += [(len(ids) + k, token) for k, token in enumerate(text[1:])]
        ids += text[:-1]
        positions += range(offset + last + 1, offset + last + len(text))
        branches += [branch] * (len(text) - 1)
    pad = width - len(ids)
    return _Layout(ids + [0] * pad, positions + [0] * pad, branches + [-1] * pad, looked_up)


def _mask(branches: Any, decoder: Decoder) -> Any:
    """Additive mask (rows, 1, n, n): a token sees its prompt and its own text up to itself."""
    length = branches.shape[1]
    reader, read = branches[:, :, None], branches[:, None, :]
    seen = (read == 0) | (read == reader)
    seen = seen & torch.ones(length, length, dtype=torch.bool).tril()[None]
    # Padding sees itself: a row of nothing but minus infinity would make NaNs.
    seen = seen & (read >= 0) | torch.eye(length, dtype=torch.bool)[None]
    mask = torch.zeros(seen.shape, dtype=decoder.dtype)
    return mask.masked_fill_(~seen, decoder.minus_infinity())[:, None]


def _collect(
    rows: list[_Row], chances: list[float], likeliest: list[bool]
) -> list[tuple[int, Likelihood]]:
    found, start = [], 0
    for row in rows:
        for text, places in zip(row.texts, row.places, strict=True):
            end = start + len(text)
            told = Likelihood(
                logprob=sum(chances[start:end]),
                tokens=len(text),
                greedy=all(likeliest[start:end]),
            )
            found += [(place, told) for place in places]
            start = end
    return found


def _rows(pairs: Sequence[Scored], shared: int) -> list[_Row]:
    by_prompt: dict[tuple[int, ...], dict[tuple[int, ...], list[int]]] = {}
    for place, pair in enumerate(pairs):
        by_prompt.setdefault(pair.prompt, {}).setdefault(pair.text, []).append(place)
    return [
        _Row(prompt[shared:], tuple(texts), tuple(tuple(places) for places in texts.values()))
        for prompt, texts in by_prompt.items()
    ]


def _batches(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Rows of like length together, longest first, within a bound on rows and tokens."""
    order = sorted(rows, key=lambda row: -row.width)
    start = 0
    while start < len(order):
        count = max(1, min(MAX_ROWS, MAX_TOKENS // order[start].width))
        yield order[start : start + count]
        start += count
