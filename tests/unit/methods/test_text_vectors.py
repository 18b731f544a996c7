import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.text_vectors import DIMENSIONS, text_vectors

TEXTS = ["cancel my card", "cancel the cards", "play some jazz", "play jazz music", "will it rain"]


def test_texts_that_share_spellings_are_near():
    rows = text_vectors(TEXTS)
    likeness = rows @ rows.T
    assert rows.shape == (5, DIMENSIONS)
    assert likeness[0, 1] > 2 * abs(likeness[0, 4])
    assert likeness[2, 3] > 2 * abs(likeness[2, 0])


def test_few_texts_keep_their_cosines_exactly():
    # With no fewer dimensions than texts nothing is lost, so the order of texts cannot matter.
    forward, backward = text_vectors(TEXTS), text_vectors(TEXTS[::-1])[::-1]
    assert np.allclose(forward @ forward.T, backward @ backward.T, atol=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.text(max_size=20), max_size=12))
def test_rows_are_finite_of_length_one_or_nothing_and_the_same_again(texts):
    rows = text_vectors(texts, 8)
    length = np.linalg.norm(rows, axis=1)
    assert rows.shape == (len(texts), 8)
    assert np.all((np.abs(length - 1) < 1e-4) | (length == 0))
    assert rows.tobytes() == text_vectors(texts, 8).tobytes()
