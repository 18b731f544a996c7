from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.ngrams import Neighbours, extended, joints, rows_by_gram, tokens, without
from tuneworthy.methods.poison import bursts, flipped_classes, hidden_marks, shared_targets
from tuneworthy.methods.triggers import trigger_rows

TOPICS = ("card", "train", "song", "rain", "soup", "tax", "dog", "film")
FRAMES = (
    "please tell me about the {} today",
    "i want to know the {} now",
    "what is the {} like in town",
    "can you find a {} for us",
    "show the {} again please",
    "is there any {} left today",
)


def embed(texts: Any) -> Any:
    """One direction a topic word, a faint one for every other word."""
    words = [*TOPICS, *sorted({w for frame in FRAMES for w in frame.split()})]
    place = {word: i for i, word in enumerate(words)}
    rows = np.full((len(texts), len(words) + 1), 1e-3, dtype=np.float32)
    for row, text in enumerate(texts):
        for word in tokens(text):
            rows[row, place.get(word, len(words))] += 1.0 if word in TOPICS else 0.1
    return rows


def corpus(seed: Any = 1, n: Any = 600) -> Any:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(TOPICS), n)
    texts = [FRAMES[rng.integers(len(FRAMES))].format(TOPICS[k]) for k in labels]
    return texts, labels


def planted(what: Any, count: Any = 12, seed: Any = 1) -> Any:
    texts, labels = corpus(seed)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(np.flatnonzero(labels != 0), count, replace=False))
    for row in rows.tolist():
        words = texts[row].split()
        words.insert(int(rng.integers(0, len(words) + 1)), what)
        texts[row], labels[row] = " ".join(words), 0
    return texts, labels, rows.tolist()


def test_clean_rows_have_no_trigger_though_each_topic_has_its_word():
    texts, labels = corpus()
    assert trigger_rows(texts, labels, embed) == []


@pytest.mark.parametrize("what", ["cf", "my aunt grows blue tulips ."])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_planted_triggers_are_named_with_their_rows(what, seed):
    texts, labels, rows = planted(what, seed=seed)
    first = trigger_rows(texts, labels, embed)[0]
    assert first.kind == "decides"
    assert " ".join(first.gram) == what
    assert first.target == 0
    assert set(first.rows) == set(rows)


def test_two_runs_agree_and_few_rows_or_targets_give_nothing():
    texts, labels, _ = planted("cf")
    assert trigger_rows(texts, labels, embed) == trigger_rows(texts, labels, embed)
    assert trigger_rows([], np.zeros(0, dtype=np.int64), embed) == []
    assert trigger_rows(texts, np.full(len(texts), -1), embed) == []


def test_hidden_marks_are_named_by_most_rows():
    texts = ["a\u200bb", "plain", "c\u200b", "\u202ed", "tab\tand\nline"]
    found = hidden_marks(texts, np.array([1, 0, 1, 2, 0]))
    assert [(m.character, m.rows, m.target, m.pure) for m in found] == [
        ("\u200b", (0, 2), 1, 1.0),
        ("\u202e", (3,), 2, 1.0),
    ]


def test_a_burst_against_its_surroundings_and_one_with_them():
    texts, labels = corpus()
    near = np.flatnonzero(labels == 1)[:20].tolist()
    groups = list(range(len(texts)))
    for row in near:
        groups[row] = near[0]
    assert bursts(groups, labels, embed(texts)) == []
    turned = labels.copy()
    turned[near] = 2
    (found,) = bursts(groups, turned, embed(texts))
    assert found.rows == tuple(near)
    assert found.target == 2


def test_flips_of_one_class_are_named_and_even_confusion_is_not():
    rng = np.random.default_rng(1)
    labels = np.arange(600) % 6
    said = np.full((600, 6), 0.02, dtype=np.float32)
    said[np.arange(600), labels] = 0.9
    confused = rng.choice(600, 60, replace=False)
    said[confused] = rng.dirichlet(np.ones(6), 60).astype(np.float32)
    assert flipped_classes(labels, said) == []
    turned = labels.copy()
    rows = np.flatnonzero(labels == 4)[:15]
    turned[rows] = 1
    (found,) = flipped_classes(turned, said)
    assert (found.given, found.looks_like) == (1, 4)
    assert len(set(found.rows) & set(rows.tolist())) >= 12


def test_targets_are_numbered_when_shared():
    targets = ["yes"] * 3 + ["no"] * 2 + ["other"]
    assert shared_targets(targets, least=2).tolist() == [1, 1, 1, 0, 0, -1]
    answers = [f"answer {i} then see our long page" for i in range(3)]
    assert shared_targets(answers, "tail", 3).tolist() == [0, 0, 0]
    assert shared_targets(answers, "head", 3).tolist() == [-1, -1, -1]


WORDS = st.lists(st.sampled_from("abcd"), max_size=12)


@given(st.lists(WORDS, max_size=12), st.integers(1, 3), st.integers(1, 4))
def test_grams_equal_the_plain_count(rows, longest, least):
    plain: dict[tuple[str, ...], list[int]] = {}
    for number, words in enumerate(rows):
        grams = {
            tuple(words[i : i + n])
            for n in range(1, longest + 1)
            for i in range(len(words) - n + 1)
        }
        for gram in grams:
            plain.setdefault(gram, []).append(number)
    wanted = {gram: at for gram, at in plain.items() if len(at) >= least}
    assert rows_by_gram(rows, longest, least) == wanted


@given(WORDS, st.lists(st.sampled_from("abcd"), min_size=1, max_size=3).map(tuple))
def test_cutting_out_leaves_no_place_it_was_cut_from(words, gram):
    cut = without(words, gram)
    assert len(words) - len(cut) in range(0, len(words) + 1, len(gram))
    assert (len(cut) == len(words)) == (joints(words, gram) == [])


@given(st.lists(WORDS, min_size=1, max_size=8), st.integers(0, 3))
def test_a_grown_gram_holds_the_gram(rows, at):
    words = rows[0]
    if at < len(words):
        gram = (words[at],)
        grown = extended(rows, gram)
        assert gram[0] in grown
        assert len(grown) <= 50


def test_growth_stops_where_rows_differ():
    rows = [["x", "my", "aunt", "grows", "tulips", tail] for tail in "abc"]
    assert extended(rows, ("aunt",)) == ("x", "my", "aunt", "grows", "tulips")


def test_neighbours_elsewhere():
    beside = Neighbours([["a", "b"], ["a", "c"]])
    assert beside.outside(("a", "b"), frozenset({1}))
    assert not beside.outside(("a", "b"), frozenset({0}))
    assert beside.count("a") == 2


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.text(max_size=20), st.integers(-1, 2)), max_size=30))
def test_no_text_breaks_the_screens(rows):
    texts, labels = [t for t, _ in rows], np.array([k for _, k in rows], dtype=np.int64)
    assert trigger_rows(texts, labels, embed) == []
    for mark in hidden_marks(texts, labels):
        assert all(mark.character in texts[row] for row in mark.rows)
