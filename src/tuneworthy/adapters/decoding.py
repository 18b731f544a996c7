"""Greedy decoding in batches, with the tokens that all prompts share computed once.

Four things make it quicker than one generate() call per batch: keys and values live in buffers
sized once, finished rows leave the batch, prompts are read a few rows of like length at a time, so
that hardly any padding is computed, and the shared start of the prompts (few-shot examples,
a system turn) is kept once and attended to by all rows with one matrix product, not copied per row
(the idea of Juravsky et al., "Hydragen", arXiv:2402.05099).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any

import torch
from transformers import AttentionInterface

from tuneworthy.adapters.key_values import Beginning, Cache, KeyValues, Shared

ATTENTION = "tuneworthy_grouped"
MIN_SHARED = 16
MAX_ROWS = 32
MAX_BATCH_TOKENS = 8192
READ_TOKENS = 512
"""Tokens of prompts that are read at once: what a layer makes of them still fits into the cache."""


@dataclass(frozen=True)
class Prompt:
    """Token ids to go on from, and how many tokens may be added."""

    ids: list[int]
    limit: int
    ends: Callable[[int], bool] | None = None
    """Hears each new token; True says that the answer is complete with it."""


@dataclass(frozen=True)
class Token:
    """One new token of prompt ``index``; ``id`` None means that the answer ended by itself."""

    index: int
    id: int | None


Steps = Callable[[], Iterator[list[Token]]]


def grouped_attention(
    module: Any,
    query: Any,
    key: Any,
    value: Any,
    attention_mask: Any,
    scaling: float,
    shared_prefix: Shared | None = None,
    **_: Any,
) -> tuple[Any, None]:
    """Softmax attention for grouped queries over the shared tokens (if any) and the row's own."""
    rows, heads, new, width = query.shape
    if new > 1:
        return _many(module, query, key, value, attention_mask, scaling, shared_prefix), None
    groups, own = key.shape[1], key.shape[2]
    fold = heads // groups * new
    scaled = (query * scaling).reshape(rows, groups, fold, width)
    scores = (scaled @ key.transpose(-1, -2)).view(rows, heads, new, own) + attention_mask
    scores = scores.view(rows, groups, fold, own)
    if shared_prefix is None:
        out = torch.softmax(scores.float(), -1).to(value.dtype) @ value
        return out.view(rows, heads, new, width).transpose(1, 2), None
    keys, values = shared_prefix[module.layer_idx]
    length = keys.shape[1]
    flat = scaled.transpose(0, 1).reshape(groups, rows * fold, width)
    first = (flat @ keys.transpose(-1, -2)).view(groups, rows, fold, length).transpose(0, 1)
    weights = torch.softmax(torch.cat([first, scores], -1).float(), -1).to(value.dtype)
    flat = weights[..., :length].transpose(0, 1).reshape(groups, rows * fold, length)
    out = (flat @ values).view(groups, rows, fold, width).transpose(0, 1)
    out = out + weights[..., length:] @ value
    return out.reshape(rows, heads, new, width).transpose(1, 2), None


def _many(
    module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, prefix: Shared | None
) -> Any:
    """The same for many new tokens a row, without ever holding all their scores.

    The shared tokens are put before each row's own: a copy that is small beside the scores.
    """
    rows, heads = query.shape[:2]
    if prefix is not None:
        before = [half[None].expand(rows, -1, -1, -1) for half in prefix[module.layer_idx]]
        key, value = torch.cat([before[0], key], 2), torch.cat([before[1], value], 2)
        mask = torch.nn.functional.pad(mask, (before[0].shape[2], 0))
    if query.dtype is torch.bfloat16:
        return _row_by_row(query, key, value, mask, scaling).transpose(1, 2)
    each = heads // key.shape[1]
    out = torch.nn.functional.scaled_dot_product_attention(
        query,
        key.repeat_interleave(each, 1),
        value.repeat_interleave(each, 1),
        attn_mask=mask,
        scale=scaling,
    )
    return out.transpose(1, 2)


def _row_by_row(query: Any, key: Any, value: Any, mask: Any, scaling: float) -> Any:
    """One row's scores at a time: on processors torch's fused kernel is slow in bfloat16."""
    heads, new, width = query.shape[1:]
    groups, seen = key.shape[1], key.shape[2]
    out = torch.empty_like(query)
    for row, one in enumerate(query * scaling):
        scores = one.reshape(groups, -1, width) @ key[row].transpose(-1, -2)
        scores.view(heads, new, seen).add_(mask[row])
        weights = torch.softmax(scores, -1, dtype=torch.float32).to(value.dtype)
        out[row] = (weights @ value[row]).view(heads, new, width)
    return out


AttentionInterface.register(ATTENTION, grouped_attention)


def common_prefix(prompts: Sequence[Prompt]) -> int:
    """How many tokens to compute once: the longest common start, if it is worth it.

    Every prompt keeps at least one token of its own, whose logits choose the first new token.
    """
    if len(prompts) < 2:
        return 0
    first = min(prompt.ids for prompt in prompts)
    last = max(prompt.ids for prompt in prompts)
    room = min(len(prompt.ids) for prompt in prompts) - 1
    length = 0
    while length < room and first[length] == last[length]:
        length += 1
    return length if length >= MIN_SHARED else 0


class Decoder:
    """Greedy decoding over one loaded causal language model."""

    def __init__(self, model: Any, ends: frozenset[int], share: bool = True) -> None:
        self._model = model
        self._ends = ends
        self._share = share
        self._layers = int(model.config.num_hidden_layers)
        # transformers 5.24 renamed the argument.
        known = signature(type(model).forward).parameters
        self._cache_name = "cache" if "cache" in known else "past_key_values"
        model.set_attn_implementation(ATTENTION)

    def steps(self, prompts: Sequence[Prompt]) -> Iterator[list[Token]]:
        """Yield the new tokens step by step. Close the iterator to stop early."""
        for batch in self.batches(prompts):
            yield from batch()

    def batches(self, prompts: Sequence[Prompt]) -> list[Steps]:
        """One function a batch, longest prompts first; each gives its new tokens step by step.

        They share nothing but what is read, so they may run side by side in threads.
        """
        length = common_prefix(prompts) if self._share else 0
        shared = self.prefix(prompts[0].ids[:length]) if length else None

        def starter(rows: list[int]) -> Steps:
            return lambda: _Batch(self, prompts, rows, length, shared).steps()

        return [starter(rows) for rows in _batches(prompts, length)]

    def forward(self, ids: Any, mask: Any, positions: Any, cache: Cache, shared: Any) -> Any:
        """Logits of the last position of each row, float32."""
        with torch.no_grad():
            logits = self._model(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                use_cache=True,
                logits_to_keep=1,
                shared_prefix=shared,
                **{self._cache_name: cache},
            ).logits
        return logits[:, -1].float()

    def hidden(self, ids: Any, mask: Any, positions: Any, shared: Shared | None) -> Any:
        """Last hidden states (rows, n, width) of whole rows; nothing of them is kept."""
        with torch.no_grad():
            return self._model.get_decoder()(
                input_ids=ids,
                attention_mask=mask,
                position_ids=positions,
                use_cache=True,
                shared_prefix=shared,
                **{self._cache_name: Beginning(None)},
            ).last_hidden_state

    def next_logits(self, ids: list[int]) -> Any:
        """Logits of the token after ``ids``."""
        return self._first(ids, Beginning(None))[0]

    def cache(self, rows: int, room: int) -> KeyValues:
        """Empty buffers with room for so many tokens a row."""
        return KeyValues(self._layers, rows, room)

    def is_end(self, token: int) -> bool:
        """Whether this token ends an answer."""
        return token in self._ends

    def minus_infinity(self) -> float:
        """The mask's most negative number in the model's number format."""
        return float(torch.finfo(self._model.dtype).min)

    @property
    def dtype(self) -> Any:
        """The model's number format."""
        return self._model.dtype

    def prefix(self, ids: list[int]) -> Shared:
        """Keys and values of a start that many prompts share."""
        cache = self.cache(1, len(ids))
        self._first(ids, cache)
        return cache.shared()

    def _first(self, ids: list[int], cache: Cache) -> Any:
        tokens = torch.tensor([ids])
        mask = self.causal(torch.ones(1, len(ids), dtype=torch.bool))
        return self.forward(tokens, mask, torch.arange(len(ids))[None], cache, None)

    def causal(self, real: Any) -> Any:
        """Additive mask (rows, 1, n, n): each token sees the real tokens up to itself."""
        length = real.shape[1]
        seen = torch.ones(length, length, dtype=torch.bool).tril()[None] & real[:, None, :]
        # A padding token sees itself: a row of nothing but minus infinity would make NaNs.
        seen = seen | torch.eye(length, dtype=torch.bool)[None]
        mask = torch.zeros(seen.shape, dtype=self.dtype)
        return mask.masked_fill_(~seen, self.minus_infinity())[:, None]


class _Batch:
    """Some prompts decoded together; padding stands on the left."""

    def __init__(
        self,
        decoder: Decoder,
        prompts: Sequence[Prompt],
        rows: list[int],
        shared_length: int,
        shared: Shared | None,
    ) -> None:
        self._decoder = decoder
        self._shared = shared
        self._rows = rows
        self._left = {row: prompts[row].limit for row in rows}
        self._ends = {row: prompts[row].ends for row in rows}
        own = [prompts[row].ids[shared_length:] for row in rows]
        width = max(len(ids) for ids in own)
        self._ids = torch.tensor([[0] * (width - len(ids)) + ids for ids in own])
        lengths = torch.tensor([len(ids) for ids in own])
        self._real = torch.arange(width)[None] >= (width - lengths)[:, None]
        self._positions = (self._real.cumsum(1) - 1).clamp(min=0) + shared_length
        self._cache = decoder.cache(len(rows), width + max(self._left.values()))

    def steps(self) -> Iterator[list[Token]]:
        """Yield the batch's new tokens until no row goes on."""
        decoder = self._decoder
        logits = self._read()
        last = self._positions[:, -1]
        live = list(range(len(self._rows)))
        places = list(live)
        while True:
            chosen = logits.argmax(-1).tolist()
            found, going = self._sort_out(places, chosen, live)
            yield found
            if not going:
                return
            live = going
            # Removing rows copies the cache: do it when it saves a quarter of the work.
            if len(live) <= 0.75 * len(places):
                stay = torch.tensor([places.index(row) for row in live])
                self._cache.keep(stay)
                self._real, last = self._real[stay], last[stay]
                chosen = [chosen[place] for place in stay.tolist()]
                places = list(live)
            last = last + 1
            fresh = torch.ones(len(places), 1, dtype=torch.bool)
            self._real = torch.cat([self._real, fresh], 1)
            mask = torch.zeros(self._real.shape, dtype=decoder.dtype)
            mask.masked_fill_(~self._real, decoder.minus_infinity())
            ids = torch.tensor(chosen)[:, None]
            logits = decoder.forward(
                ids, mask[:, None, None], last[:, None], self._cache, self._shared
            )

    def _read(self) -> Any:
        """Read the prompts, a few rows of like length at a time; logits of what follows each."""
        decoder, width = self._decoder, self._ids.shape[1]
        logits, start = [], 0
        while start < len(self._rows):
            longest = int(self._real[start].sum())
            rows = slice(start, start + max(1, READ_TOKENS // longest))
            real = self._real[rows, width - longest :]
            logits.append(
                decoder.forward(
                    self._ids[rows, width - longest :],
                    decoder.causal(real),
                    self._positions[rows, width - longest :],
                    Beginning(self._cache, rows, width),
                    self._shared,
                )
            )
            start = rows.stop
        return torch.cat(logits)

    def _sort_out(
        self, places: list[int], chosen: list[int], live: list[int]
    ) -> tuple[list[Token], list[int]]:
        found, going = [], []
        alive = set(live)
        for place, token in zip(places, chosen, strict=True):
            if place not in alive:
                continue
            row = self._rows[place]
            if self._decoder.is_end(token):
                found.append(Token(row, None))
                continue
            found.append(Token(row, token))
            self._left[row] -= 1
            ends = self._ends[row]
            if ends is not None and ends(token):
                found.append(Token(row, None))
            elif self._left[row] > 0:
                going.append(place)
        return found, going


def _batches(prompts: Sequence[Prompt], shared: int) -> Iterator[list[int]]:
    """Rows of like length together, longest first, within a bound on rows and tokens."""
    order = sorted(range(len(prompts)), key=lambda row: -len(prompts[row].ids))
    start = 0
    while start < len(order):
        longest = prompts[order[start]]
        size = len(longest.ids) - shared + longest.limit
        rows = max(1, min(MAX_ROWS, MAX_BATCH_TOKENS // size))
        yield order[start : start + rows]
        start += rows
