from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tuneworthy.core.nouns.serving import Route
from tuneworthy.serve.split import assign, place, split_key

KEYS = [f"user-{number}" for number in range(20_000)]
NO_CANARY = Route(id="r", production="m1", salt="a")


def route(percent: float, salt: str = "a") -> Route:
    return Route(id="r", production="m1", canary="m2", canary_percent=percent, salt=salt)


def test_places_are_uniform():
    places = [place("salt", key) for key in KEYS]
    assert stats.kstest(places, "uniform").pvalue > 0.001


def test_shares_come_out_as_asked():
    for percent in (5, 25, 50):
        seen = sum(assign(route(percent), key) == "canary" for key in KEYS)
        assert stats.binomtest(seen, len(KEYS), percent / 100).pvalue > 0.001


def test_two_salts_split_independently():
    both = sum(assign(route(5, "a"), key) == assign(route(5, "b"), key) == "canary" for key in KEYS)
    assert stats.binomtest(both, len(KEYS), 0.0025).pvalue > 0.001


@settings(deadline=None)
@given(key=st.text(), low=st.floats(0, 100), more=st.floats(0, 100), salt=st.text(max_size=20))
def test_a_ramp_only_adds_users(key, low, more, salt):
    high = min(100.0, low + more)
    if assign(route(low, salt), key) == "canary":
        assert assign(route(high, salt), key) == "canary"


@settings(deadline=None)
@given(key=st.text(), salt=st.text())
def test_ends_of_the_scale(key, salt):
    assert assign(route(0, salt), key) == "production"
    assert assign(route(100, salt), key) == "canary"
    assert assign(NO_CANARY, key) == "production"
    assert 0 <= place(salt, key) < 1


def test_key_comes_from_the_first_that_is_there():
    body = {"safety_identifier": "s", "user": "u", "conversation": {"id": "c"}}
    assert split_key("h", body, "id") == ("h", True)
    assert split_key("", body, "id") == ("s", True)
    del body["safety_identifier"]
    assert split_key("", body, "id") == ("u", True)
    body["user"] = ""
    assert split_key("", body, "id") == ("c", True)
    assert split_key("", {"user": 7, "conversation": None}, "id") == ("7", True)
    assert split_key("", {"user": True, "conversation": None}, "id") == ("id", False)
