import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.methods.canaries import find_canaries, is_canary, make_canaries, planted_at
from tuneworthy.methods.pii import find_pii
from tuneworthy.methods.secrets import find_secrets

KEY = b"a key of 16 byte"


@given(st.text(max_size=20), st.integers(1, 20))
def test_canaries_are_unique_harmless_and_found_again(version, count):
    canaries = make_canaries(version, count, KEY)
    assert len({c.prompt for c in canaries} | {c.secret for c in canaries}) == 2 * count
    digests = [c.digest for c in canaries]
    row = " ".join(f"{c.prompt} {c.secret}." for c in canaries)
    assert list(find_canaries(row, digests)) == digests
    assert find_pii(row) == find_secrets(row) == []


def test_they_belong_to_one_version_and_one_key():
    (one,) = make_canaries("v1", 1, KEY)
    assert make_canaries("v1", 1, KEY) == [one]
    assert make_canaries("v2", 1, KEY) != [one]
    assert make_canaries("v1", 1, KEY[::-1]) != [one]


def test_a_text_without_a_planted_secret_is_no_canary():
    one, other = make_canaries("v1", 2, KEY)
    assert is_canary(f"so {one.secret}", {one.digest})
    assert not is_canary(f"so {other.secret}", {one.digest})
    assert not is_canary(one.prompt, {one.digest})
    assert not is_canary("well-made-open-door-with-keys", {one.digest})


def test_places_lie_among_the_rows():
    canaries = make_canaries("v1", 50, KEY)
    places = planted_at(10, canaries, KEY)
    assert set(places) <= set(range(11))
    assert len(set(places)) > 5
    assert places == planted_at(10, canaries, KEY)


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        make_canaries("v1", 1, b"short")
