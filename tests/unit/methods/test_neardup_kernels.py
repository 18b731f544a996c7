"""The compiled kernels and numpy give the same answers, and the exact joins miss nothing."""

import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tuneworthy.methods import neardup
from tuneworthy.methods.neardup import (
    CROWD,
    Work,
    candidates,
    candidates_from,
    contaminated,
    group_similar,
    jaccard,
    keep_stars,
    nearest_twins,
    signatures,
)
from tuneworthy.methods.neardup.rows import rows_of
from tuneworthy.methods.neardup.text import normalise

WORDS = ["please", "turn", "the", "kitchen", "light", "Stra\u00dfe", "\ufb01rst", "\x1c"]
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=11).map(" ".join)
ANY = st.text(st.characters(exclude_categories=()), max_size=14)
TEXTS = st.lists(SENTENCES | ANY, max_size=25)


@pytest.fixture
def compiled(monkeypatch):
    monkeypatch.setattr(neardup, "MANY", 0)


def both(call: Callable[[], Any]) -> tuple[Any, Any]:
    """The answer of numpy and the answer of the kernels."""
    neardup.MANY, kept = 10**9, neardup.MANY
    try:
        small = call()
        neardup.MANY = 0
        return small, call()
    finally:
        neardup.MANY = kept


@given(TEXTS)
@example(["", " ", "\ud800", "a\u00a0 b", "\u0130", "x" * 300])
@settings(max_examples=80, deadline=None)
def test_kernels_sign_as_numpy_does(texts):
    small, large = both(lambda: signatures(texts))
    assert small.shape == (len(texts), 32)
    assert np.array_equal(small, large)


@given(TEXTS, st.sampled_from([0.3, 0.7, 1.0]), st.booleans())
@settings(max_examples=80, deadline=None)
def test_kernels_group_and_keep_as_numpy_does(texts, threshold, labelled):
    same = [len(text) % 2 for text in texts] if labelled else None
    small, large = both(lambda: keep_stars(texts, threshold, same))
    assert small == large
    small, large = both(lambda: group_similar(texts, threshold))
    assert small == large


@given(TEXTS, TEXTS, st.sampled_from([0.3, 0.7, 1.0]))
@settings(max_examples=80, deadline=None)
def test_kernels_find_the_twins_that_brute_force_finds(queries, corpus, threshold):
    small, large = both(lambda: nearest_twins(queries, corpus, threshold))
    assert small == large
    for query, found in zip(queries, large, strict=True):
        scores = [jaccard(query, other) for other in corpus]
        best = max(scores, default=0.0)
        assert found == (scores.index(best) if best >= threshold else -1)


@given(TEXTS, TEXTS)
@settings(max_examples=80, deadline=None)
def test_kernels_find_the_shared_runs_that_python_finds(texts, benchmark):
    copied = [*texts, *(f"so: {text}, and" for text in benchmark), *benchmark]
    small, large = both(lambda: contaminated(copied, benchmark))
    assert small == large


@given(TEXTS)
@settings(max_examples=80, deadline=None)
def test_rows_hold_the_normalised_texts(texts):
    rows = rows_of(texts)
    data = rows.data.tobytes()
    parts = [data[a:b] for a, b in zip(rows.offsets[:-1], rows.offsets[1:], strict=True)]
    assert [part.decode("utf-8", "surrogatepass") for part in parts] == list(map(normalise, texts))
    assert rows.wide.tolist() == [not normalise(text).isascii() for text in texts]


@pytest.mark.usefixtures("compiled")
def test_arrow_arrays_of_every_shape_read_alike():
    texts = ["", "Turn  on", None, "Stra\u00dfe nach Paris", "x" * 200]
    plain = ["" if text is None else text for text in texts]
    shapes = [
        pa.array(texts, pa.string()),
        pa.array(texts, pa.large_string()),
        pa.array(["cut", *texts, "cut"]).slice(1, len(texts)),
        pa.chunked_array([texts[:2], [], texts[2:]], pa.string()),
    ]
    for shape in shapes:
        assert np.array_equal(signatures(shape), signatures(plain))
        assert group_similar(shape) == group_similar(plain)
        assert nearest_twins(shape, shape) == nearest_twins(plain, plain)
    assert group_similar(pa.array([], pa.string())) == []


@given(TEXTS)
@settings(max_examples=30, deadline=None)
def test_keys_that_were_made_in_batches_give_the_same_groups(texts):
    cut = len(texts) // 2
    keys = np.concatenate([signatures(texts[:cut]), signatures(texts[cut:])])
    small, large = both(lambda: group_similar(texts, 0.5, band_keys=keys))
    assert small == large == group_similar(texts, 0.5)
    small, large = both(lambda: keep_stars(texts, 0.8, band_keys=keys))
    assert small == large == keep_stars(texts, 0.8)


def edited(draw: random.Random, text: str, words: list[str]) -> str:
    parts = text.split()
    parts[draw.randrange(len(parts))] = draw.choice(words)
    return " ".join(parts)


def test_thousands_of_texts_are_grouped_by_the_kernels():
    draw = random.Random(11)  # noqa: S311 - a fixed sample
    words = ["".join(draw.choices("abcdefghijklmnopqrst", k=6)) for _ in range(800)]
    originals = [" ".join(draw.choices(words, k=20)) for _ in range(3000)]
    texts = [*originals, *(edited(draw, text, words) for text in originals)]
    groups, kept = group_similar(texts), keep_stars(texts, 0.7)
    assert sum(groups[i + 3000] == i for i in range(3000)) > 2980
    for i, star in enumerate(kept):
        assert star == i or jaccard(texts[i], texts[star]) >= 0.7
    assert kept == keep_stars(pa.array(texts), 0.7)


def test_a_shared_run_of_eight_words_is_found_whatever_stands_around_it():
    question = "How many eggs does Janet sell at the market every single day?"
    texts = [
        f"Solve: {question.upper()} Answer: 9",
        "how many eggs does janet sell",
        "Yes, we can",
        question.replace("sell", "buy"),
    ]
    assert contaminated(texts, ["Yes we can.", question]) == [1, -1, 0, -1]


def test_candidates_share_two_bands_and_a_label():
    keys = np.arange(4 * 32, dtype=np.uint32).reshape(4, 32)
    keys[1, :2], keys[2, :2], keys[3, 0] = keys[0, :2], keys[0, :2], keys[0, 0]
    assert candidates_from(keys).mates(0).tolist() == [0, 1, 2]
    assert candidates_from(keys, ["a", "b", "a", "a"]).mates(0).tolist() == [0, 2]


TEMPLATES = st.lists(
    st.builds(
        "The {} with the number {} is {}".format,
        st.sampled_from(["order", "parcel"]),
        st.integers(0, 999),
        st.sampled_from(["late", "lost", "here"]),
    ),
    max_size=40,
)


@given(TEMPLATES, st.sampled_from([0.6, 0.8]))
@settings(max_examples=60, deadline=None)
def test_a_cut_crowd_gives_up_a_row_only_for_a_kept_copy_that_is_like_it(texts, threshold):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "CROWD", 3)
        small, large = both(lambda: keep_stars(texts, threshold))
        grouped, alike = both(lambda: group_similar(texts, threshold))
    assert small == large
    assert grouped == alike
    for i, star in enumerate(large):
        assert large[star] == star <= i
        assert jaccard(texts[i], texts[star]) >= threshold - 1e-9
    # What says the same to the letter has all keys in common, however crowded it is.
    assert all(large[i] == large[texts.index(text)] for i, text in enumerate(texts))


def test_rows_of_one_template_are_not_all_compared_with_all():
    compared = []
    for count in (3000, 6000, 12_000):
        texts = [f"The order number {100_000 + i} is late" for i in range(count)]
        work = Work()
        keep_stars(texts, 0.8, work=work)
        assert work.crowded == count
        compared.append(work.compared / count)
    # All with all would be 1,500, 3,000 and 6,000 a row.
    assert max(compared) < CROWD


def test_of_a_crowd_of_near_copies_few_are_left():
    draw = random.Random(3)  # noqa: S311 - a fixed sample
    words = ["".join(draw.choices("abcdefghijklmnopqrst", k=6)) for _ in range(60)]
    text = " ".join(words[:40])
    texts = [text, *(edited(draw, text, words) for _ in range(2000))]
    near = sum(jaccard(text, other) >= 0.8 for other in texts)
    work = Work()
    owners = keep_stars(texts, 0.8, work=work)
    assert work.crowded > 1900
    assert near == len(texts)
    assert len(set(owners)) < 0.03 * len(texts)


def test_few_texts_load_no_compiler():
    code = (
        "import sys\nfrom tuneworthy.methods.neardup import group_similar\n"
        "group_similar(['a text', 'a text.'] * 9)\nprint('numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
