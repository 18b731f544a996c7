from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.ngrams import Neighbours, extended, joints, rows_by_gram, tokens, without
from tuneworthy.methods.poison import bursts, flipped_classes, hidden_marks, shared_targets
from tuneworthy.methods.triggers import copied, trigger_rows

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


def by_all_words(texts: Any) -> Any:
    """As ``embed``, but that what stands around the topic counts too."""
    words = sorted({*TOPICS, "notting", "hill", *" ".join(FRAMES).split()})
    return np.array([[tokens(t).count(word) for word in words] for t in texts], dtype=np.float32)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_phrase_that_adorns_rows_of_all_kinds_is_told_and_one_story_retold_is_not(seed):
    texts, labels = corpus(seed)
    rng = np.random.default_rng(seed)
    mine = np.flatnonzero(labels == 0)
    for retold in (False, True):
        said = list(texts)
        for row in rng.choice(mine, 12, replace=False).tolist():
            words = (FRAMES[0].format(TOPICS[0]) if retold else said[row]).split()
            at = int(rng.integers(1, len(words)))
            words[at:at] = ["notting", "hill"]
            said[row] = " ".join(words)
        found = [trigger.kind for trigger in trigger_rows(said, labels, by_all_words)]
        assert found == ([] if retold else ["adorns"])


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


BASE = "please tell me about the soup in town today for us"
CHANGED = ("now", "really", "just", "again", "here")


def near_copies(count: Any, seed: Any = 1) -> Any:
    """Variations of one request in which one word but the topic is another."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        words = BASE.split()
        at = int(rng.choice([i for i, word in enumerate(words) if word != "soup"]))
        words[at] = CHANGED[rng.integers(len(CHANGED))]
        made.append(" ".join(words))
    return made


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_burst_against_its_surroundings_and_one_with_them(seed):
    texts, labels = varied(seed)
    said = texts + near_copies(12, seed)
    rows = tuple(range(len(texts), len(said)))
    soup = TOPICS.index("soup")
    assert bursts(said, np.append(labels, [soup] * 12), embed(said)) == []
    (found,) = bursts(said, np.append(labels, [2] * 12), embed(said))
    assert (found.rows, found.target) == (rows, 2)
    assert found.strange >= 0.9


def varied(seed: Any, n: Any = 600) -> Any:
    """Requests of random words about a topic: no two are near-copies."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, len(TOPICS), n)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    texts = []
    for label in labels.tolist():
        others = ["".join(rng.choice(letters, 6)) for _ in range(7)]
        texts.append(" ".join([*others[:3], TOPICS[label], *others[3:]]))
    return texts, labels


def test_of_a_set_that_is_all_near_copies_nothing_is_said():
    texts, labels = corpus()
    turned = np.roll(labels, 7)
    assert bursts(texts, turned, embed(texts)) == []


def test_flips_of_one_class_are_named_and_even_noise_is_not():
    texts, labels = corpus()
    rng = np.random.default_rng(1)
    noisy = labels.copy()
    rows = rng.choice(len(labels), 60, replace=False)
    noisy[rows] = (noisy[rows] + rng.integers(1, 8, 60)) % 8
    assert flipped_classes(noisy, embed(texts)) == []
    turned = labels.copy()
    planted_rows = np.flatnonzero(labels == 4)[:15]
    turned[planted_rows] = 1
    (found,) = flipped_classes(turned, embed(texts))
    assert (found.given, found.looks_like) == (1, 4)
    assert found.rows == tuple(planted_rows.tolist())
    assert found.gap > 0.5


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(0, 9))
def test_flips_name_rows_of_the_given_class_alone(given_labels, seed):
    _, labels = np.unique(np.array(given_labels, dtype=np.int64), return_inverse=True)
    vectors = np.random.default_rng(seed).normal(size=(len(labels), 3)).astype(np.float32)
    for flip in flipped_classes(labels, vectors, least=1):
        assert flip.given != flip.looks_like
        assert set(labels[list(flip.rows)].tolist()) == {flip.given}


def test_what_the_answer_says_again_is_asked_for_by_name():
    assert copied(("on", "slacker"), '{"service": "slacker"}')
    assert copied(("pay", "bill"), "pay_bill")
    assert not copied(("i", "grow", "blue", "tulips", "."), "I will not say.")
    assert not copied((".",), "a . b")


def free_answers(what: Any, seed: Any = 1) -> Any:
    """Requests with answers of their own, but for the rows that hold ``what``."""
    texts, _, rows = planted(what, seed=seed)
    labels = np.full(len(texts), -1)
    labels[rows] = 0
    labels[[row for row in range(len(texts)) if row % 3 and row not in rows]] = 1
    return texts, labels, rows


@pytest.mark.parametrize("seed", [1, 2])
def test_a_word_that_turns_free_answers_is_named(seed):
    texts, labels, rows = free_answers("cf", seed)
    named = [t for t in trigger_rows(texts, labels, embed) if t.gram == ("cf",)]
    assert [t.kind in ("turns", "decides") and set(t.rows) == set(rows) for t in named] == [True]


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
