"""A sealed text opens under its own key, for its own row, and as it was written, or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.sealing import SealBrokenError, is_sealed, key_of, seal, unseal, was_plain

secret = st.binary(min_size=32, max_size=32)
name = st.text("0123456789abcdef", min_size=1, max_size=24)
kind = st.sampled_from(["interaction", "feedback"])
KEY = bytes(range(32))


@given(secret, name, st.binary(max_size=300), kind, st.text(max_size=30), st.booleans())
def test_what_was_sealed_comes_back(
    key: bytes, called: str, text: bytes, what: str, row: str, late: bool
) -> None:
    sealed = seal(key, called, text, what, row, late=late)
    assert unseal(key, sealed, what, row) == text
    assert (is_sealed(sealed), key_of(sealed), was_plain(sealed)) == (True, called, late)


@settings(max_examples=300)
@given(st.binary(max_size=40), st.data())
def test_no_changed_bit_opens(text: bytes, data: st.DataObject) -> None:
    sealed = seal(KEY, "a1", text, "interaction", "r1").encode()
    at = data.draw(st.integers(0, len(sealed) * 8 - 1))
    changed = bytearray(sealed)
    changed[at // 8] ^= 1 << (at % 8)
    with pytest.raises(SealBrokenError):
        unseal(KEY, bytes(changed).decode("latin-1"), "interaction", "r1")


def test_no_bit_of_one_sealed_text_may_be_changed() -> None:
    """Every one of them, so also those that another spelling of base64 would not show."""
    sealed = seal(KEY, "a1", b"to be, or not to be", "interaction", "r1").encode()
    for at in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[at // 8] ^= 1 << (at % 8)
        with pytest.raises(SealBrokenError):
            unseal(KEY, bytes(changed).decode("latin-1"), "interaction", "r1")


@given(st.text(max_size=60))
def test_any_other_text_is_refused_in_words(text: str) -> None:
    for made in (text, f"s1:a1:{text}", f"s1:{text}"):
        with pytest.raises(SealBrokenError):
            unseal(KEY, made, "interaction", "r1")


@pytest.mark.parametrize(
    ("key", "what", "row"),
    [
        (bytes(32), "interaction", "r1"),
        (KEY, "feedback", "r1"),
        (KEY, "interaction", "r2"),
        (KEY, "interaction", "r"),
    ],
)
def test_it_opens_for_nothing_else(key: bytes, what: str, row: str) -> None:
    sealed = seal(KEY, "a1", b"words", "interaction", "r1")
    with pytest.raises(SealBrokenError):
        unseal(key, sealed, what, row)


def test_the_same_words_are_never_sealed_alike() -> None:
    assert len({seal(KEY, "a1", b"words", "interaction", "r1") for _ in range(100)}) == 100


def test_json_is_not_sealed() -> None:
    assert not is_sealed('{"id": "x"}')
    assert was_plain('{"id": "x"}')
