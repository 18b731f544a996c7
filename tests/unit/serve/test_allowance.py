"""No minute holds more than the limit, wherever it begins, and who waits as told comes in."""

from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.nouns.project import GatewaySettings
from tuneworthy.serve.allowance import MINUTE, Allowance

PAUSES = st.lists(st.floats(0, 25), min_size=1, max_size=80)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@given(PAUSES, st.integers(1, 6))
def test_no_sixty_seconds_hold_more_than_the_limit(pauses: list[float], limit: int) -> None:
    hand = Hand()
    let_in: list[float] = []
    allowance = Allowance(GatewaySettings(requests_per_minute=limit), hand)
    for pause in pauses:
        hand.at += pause
        over = allowance.admit("a")
        within = [at for at in let_in if at + MINUTE > hand.at]
        if over is None:
            assert len(within) < limit
            let_in.append(hand.at)
        else:
            assert (over.kind, over.limit) == ("requests", limit)
            assert len(within) == limit, "nobody is refused who has something left"
            assert abs(over.seconds - (within[0] + MINUTE - hand.at)) < 1e-9


@given(st.lists(st.tuples(st.floats(0, 25), st.integers(0, 400)), min_size=1), st.integers(1, 900))
def test_who_waits_as_told_comes_in_and_no_sooner(
    asked: list[tuple[float, int]], limit: int
) -> None:
    hand = Hand()
    allowance = Allowance(GatewaySettings(tokens_per_minute=limit), hand)
    for pause, tokens in asked:
        hand.at += pause
        if (over := allowance.admit("a")) is not None:
            assert over.kind == "tokens"
            hand.at += over.seconds * 0.999
            assert allowance.admit("a") is not None
            hand.at += over.seconds * 0.001 + 1e-6
            assert allowance.admit("a") is None
        allowance.spend("a", tokens)


def test_everybody_has_an_allowance_of_their_own() -> None:
    hand = Hand()
    allowance = Allowance(GatewaySettings(requests_per_minute=1, tokens_per_minute=10), hand)
    assert allowance.admit("a") is None
    assert allowance.admit("a") is not None
    assert allowance.admit("b") is None
    allowance.spend("c", 11)
    over = allowance.admit("c")
    assert over is not None
    assert over == ("tokens", 10, MINUTE)
    hand.at = MINUTE
    assert allowance.admit("c") is None


def test_gateways_that_share_the_traffic_keep_it_together() -> None:
    settings = GatewaySettings(requests_per_minute=7, processes=3)
    three = [Allowance(settings, Hand()) for _ in range(3)]
    let_in = sum(one.admit("a") is None for one in three for _ in range(10))
    assert let_in == 6
    few = Allowance(GatewaySettings(requests_per_minute=1, processes=3), Hand())
    assert few.admit("a") is None, "a limit below one would shut the door for good"


def test_without_a_number_there_is_no_limit() -> None:
    allowance = Allowance(GatewaySettings(), Hand())
    for _ in range(1000):
        assert allowance.admit("a") is None
        allowance.spend("a", 10**6)
