"""Would a better search help? Chunking, hybrid search, reranking and query expansion, measured."""

from collections.abc import Iterator
from typing import Any

from tuneworthy.assess.signal_rule import above
from tuneworthy.core.nouns.alternative import Alternative, Stance
from tuneworthy.methods.intervals import wilson

MEASURE = "tuneworthy assess alternatives"
RUN = "tuneworthy assess ceiling"

CHUNK = 2_000
"""Characters of a row from which cutting it into pieces may help the search."""
REPEATS = 5
"""Training rows for each distinct target from which a hit on the same target says something."""


def search_advice(
    quality: dict[str, Any] | None, profile: dict[str, Any] | None, gain: float
) -> Iterator[Alternative]:
    """The four ways of searching better.

    Args:
        quality: The result of a ``retrieval.quality`` claim about today's suite.
        profile: The result of the data profile.
        gain: The least gain that counts, 0..1.
    """
    yield _chunking(profile)
    closed = quality is not None and quality["train"] >= REPEATS * max(1, quality["distinct"])
    if quality is None or not closed or not quality["n"]:
        reason = (
            "How often the search finds the right answer has not been measured."
            if quality is None
            else f"{quality['train']:,} training rows have {quality['distinct']:,} distinct "
            "targets: too few repeat for a hit on the same target to mean anything."
        )
        for make in (_hybrid, _reranking, _expansion):
            yield make("not measured", reason, None)
        return
    yield _judge_hybrid(quality)
    yield _judge_share(
        _reranking,
        quality["later"],
        quality["n"],
        gain,
        f"{quality['first']['both']} of {quality['n']} cases have the right answer at the nearest "
        f"example, {quality['later']} more among the nearest {quality['depth']}: a perfect "
        "reranker could win those at most.",
    )
    yield _judge_share(
        _expansion,
        quality["missed"],
        quality["n"],
        gain,
        f"{quality['missed']} of {quality['n']} cases have no example with the right answer among "
        f"the nearest {quality['depth']}, though training holds one: other wordings of the request "
        f"could find those at most. {quality['unseen']} have an answer that training never holds, "
        "which no search finds.",
    )


def _judge_share(make: Any, hits: int, n: int, gain: float, reason: str) -> Alternative:
    share = wilson(hits, n)
    reason += f" That is {share.value:.0%} [{share.low:.0%}, {share.high:.0%}]."
    answer = above(share, gain)
    stance: Stance = {"yes": "for", "no": "against", "unknown": "open"}[answer]  # type: ignore[assignment]
    made: Alternative = make(stance, reason, share.value)
    return made


def _judge_hybrid(quality: dict[str, Any]) -> Alternative:
    low, high = quality["joined_gain_low"], quality["joined_gain_high"]
    single, delta = quality["best_single"], quality["joined_gain"]
    reason = (
        f"Words and meaning are joined already: at the nearest example that is {delta:+.0%} "
        f"[{low:+.0%}, {high:+.0%}] against {single} alone (n={quality['n']})."
    )
    if high < 0:
        better = _hybrid("for", f"{reason} {single.capitalize()} alone would be better.", -delta)
        return better.model_copy(update={"title": f"Retrieval: by {single} alone"})
    if low > 0:
        return _hybrid("against", f"{reason} It helps and is in use.", None)
    return _hybrid("against", f"{reason} No clear difference.", None)


def _chunking(profile: dict[str, Any] | None) -> Alternative:
    length = None if profile is None else profile.get("characters_p95")
    if length is None:
        stance: Stance = "not measured"
        reason = "The lengths of the rows have not been measured."
    elif length <= CHUNK:
        stance = "against"
        reason = f"95 of 100 rows have at most {length:,.0f} characters: there is nothing to cut."
    else:
        stance = "open"
        reason = f"Rows reach {length:,.0f} characters (95th percentile), above {CHUNK:,}."
    return Alternative(
        id="chunking",
        title="Retrieval: chunking",
        stance=stance,
        cost="low",
        reason=reason,
        first="cut long rows at their sections and search the pieces",
        command="tuneworthy data build" if length is None else RUN,
    )


def _hybrid(stance: Stance, reason: str, effect: float | None) -> Alternative:
    return Alternative(
        id="hybrid_search",
        title="Retrieval: hybrid search",
        stance=stance,
        effect=effect,
        cost="low",
        reason=reason,
        first="search by words, by meaning and by both, and keep the best",
        command=MEASURE,
    )


def _reranking(stance: Stance, reason: str, effect: float | None) -> Alternative:
    return Alternative(
        id="reranking",
        title="Retrieval: reranking",
        stance=stance,
        effect=effect,
        effect_is_bound=True,
        cost="medium",
        reason=reason,
        first="show the model several of the nearest examples and let it choose",
        command=MEASURE if stance == "not measured" else RUN,
    )


def _expansion(stance: Stance, reason: str, effect: float | None) -> Alternative:
    return Alternative(
        id="query_expansion",
        title="Retrieval: query expansion",
        stance=stance,
        effect=effect,
        effect_is_bound=True,
        cost="low",
        reason=reason,
        first="search with two rewordings of the request as well",
        command=MEASURE if stance == "not measured" else RUN,
    )
