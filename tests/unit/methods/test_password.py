"""Passwords: what is taken, and what is kept of it."""

import random
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.password import (
    LEAST,
    MOST,
    hash_password,
    nobodys,
    normal,
    right_password,
    weakness,
)
from tuneworthy.methods.session_token import derived, new_secret, same, secret_digest

SIGNS = string.digits + string.punctuation
OURS = "$argon2id$v=19$m=65536,t=3,p=4$"


def test_the_hash_is_argon2id_with_its_own_salt() -> None:
    one, other = (hash_password("four quiet words now") for _ in range(2))
    assert one.startswith(OURS)
    assert other.startswith(OURS)
    assert one != other


@settings(max_examples=12, deadline=None)
@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_a_password_is_right_for_itself_alone(password: str, other: str) -> None:
    kept = hash_password(password)
    assert right_password(kept, password)
    assert right_password(kept, other) == (normal(password) == normal(other))


def test_nobodys_hash_is_right_for_no_password() -> None:
    assert nobodys().startswith(OURS)
    for typed in ("", "x", "x" * 100_000):
        assert not right_password(nobodys(), typed)
    assert not right_password("", "")
    assert not right_password("$argon2id$broken", "x")


@settings(deadline=None)
@given(st.text(max_size=MOST * 2))
def test_length_is_counted_in_characters_after_normalising(text: str) -> None:
    size = len(normal(text))
    if not LEAST <= size <= MOST:
        assert weakness(text)
    assert weakness(text) == weakness(normal(text))


@settings(max_examples=300, deadline=None)
@given(st.text(string.ascii_letters, min_size=1, max_size=8), st.integers(2, 40))
def test_a_piece_again_and_again_is_weak(piece: str, times: int) -> None:
    assert weakness(piece * times)


@settings(max_examples=300, deadline=None)
@given(st.text(string.ascii_lowercase, min_size=15, max_size=40), st.text(SIGNS, max_size=7))
def test_what_is_known_of_a_person_and_a_few_signs_are_weak(name: str, rest: str) -> None:
    assert weakness(name + rest, [name])
    assert weakness(rest + name.upper(), [name])


def test_random_letters_are_taken() -> None:
    dice = random.Random(7)  # noqa: S311
    for _ in range(300):
        made = "".join(dice.choices(string.ascii_letters, k=24))
        assert not weakness(made, ["ann", "shop"]), made


@given(st.text(max_size=300), st.text(max_size=300))
def test_secrets_are_compared_and_derived_exactly(one: str, other: str) -> None:
    assert same(one, one)
    if one.encode("utf-8", "replace") != other.encode("utf-8", "replace"):
        assert not same(one, other)
    assert derived(one, "csrf") != derived(one, "state")
    assert len(secret_digest(one)) == 64


def test_secrets_have_256_bits() -> None:
    made = {new_secret() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(one) for one in made} == {43}
