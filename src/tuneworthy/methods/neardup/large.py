"""The kernels put together, for many texts."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from tuneworthy.methods.neardup import kernel_join
from tuneworthy.methods.neardup.candidates import Work, candidates_from
from tuneworthy.methods.neardup.kernel_hash import band_keys_of as _band_keys
from tuneworthy.methods.neardup.kernel_pairs import spread
from tuneworthy.methods.neardup.kernel_rows import U8
from tuneworthy.methods.neardup.kernel_words import find_runs, run_table
from tuneworthy.methods.neardup.rows import Rows, rows_of
from tuneworthy.methods.neardup.sets import EPSILON
from tuneworthy.methods.neardup.text import I64, U32, U64
from tuneworthy.methods.neardup.words import words_of

Texts = Sequence[str] | Any


def band_keys_of(texts: Texts) -> U32:
    """Band keys, shape (texts, 32)."""
    rows = rows_of(texts)
    return _band_keys(rows.data, rows.offsets, rows.wide, rows.longest)


def owners(
    texts: Texts,
    threshold: float,
    same: Sequence[Hashable] | None,
    band_keys: U32 | None,
    work: Work,
    *,
    chained: bool,
) -> list[int]:
    """The owner of each text, as ``kernel_pairs.spread`` says it."""
    rows = rows_of(texts)
    parts = (rows.data, rows.offsets, rows.wide, rows.longest)
    if band_keys is None:
        band_keys = _band_keys(*parts)
    found = candidates_from(band_keys, same)
    del band_keys
    owned, compared = spread(
        *parts, found.order, found.start, found.stop, found.votes, found.labels, threshold, chained
    )
    work.compared += int(compared)
    work.crowded += found.crowded
    answer: list[int] = owned.tolist()
    return answer


def nearest_twins(queries: Texts, corpus: Texts, threshold: float) -> list[int]:
    """For each query the index of its most similar corpus text, or -1; see the package."""
    asked, known = rows_of(queries), rows_of(corpus)
    often = np.zeros(1 << kernel_join.CLASS_BITS, dtype=np.int64)
    names, sizes = kernel_join.set_names(*_parts(known), often)
    asked_names, _ = kernel_join.set_names(*_parts(asked), np.zeros_like(often))
    # Equal sets are found by name: the first of the corpus, and one search for equal queries.
    firsts = np.unique(names, return_index=True)[1].astype(np.int64)
    answer = _by_name(asked_names, names[firsts], firsts)
    open_rows = np.flatnonzero(answer < 0)
    _, lead, follow = np.unique(asked_names[open_rows], return_index=True, return_inverse=True)
    classes = _classes(often)
    longest = max(asked.longest, known.longest)
    by_size = firsts[np.lexsort((firsts, sizes[firsts]))]
    bits = int(np.clip(np.log2(max(len(known.data), 1)), 10, 24))
    index = kernel_join.postings(
        known.data,
        known.offsets,
        known.wide,
        by_size,
        longest,
        classes,
        threshold - 2 * EPSILON,
        bits,
    )
    found = kernel_join.join(
        asked.data, asked.offsets, asked.wide, open_rows[lead], longest,
        known.data, known.offsets, known.wide, by_size, sizes[by_size], *index, classes, threshold,
    )  # fmt: skip
    answer[open_rows] = found[follow]
    listed: list[int] = answer.tolist()
    return listed


def contaminated(texts: Texts, benchmark_texts: Texts) -> list[int]:
    """For each text the first benchmark text that shares eight words in a row, or -1."""
    known = rows_of(benchmark_texts, words_of)
    table, first = run_table(known.data, known.offsets, known.longest)
    rows = rows_of(texts, words_of)
    listed: list[int] = find_runs(rows.data, rows.offsets, rows.longest, table, first).tolist()
    return listed


def _parts(rows: Rows) -> tuple[U8, I64, Any, int]:
    return rows.data, rows.offsets, rows.wide, rows.longest


def _by_name(asked: U64, names: U64, rows: I64) -> I64:
    # ``names`` ascend; the row of the equal one, or -1.
    if not len(names):
        return np.full(len(asked), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(names, asked), len(names) - 1)
    return np.where(names[place] == asked, rows[place], -1)


def _classes(often: I64) -> U8:
    """Four classes to each doubling of the frequency, rarest first."""
    steps = np.ceil(4 * np.log2(np.maximum(often, 1)))
    classes: U8 = np.minimum(steps, kernel_join.CLASSES - 1).astype(np.uint8)
    return classes
