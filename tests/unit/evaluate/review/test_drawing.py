from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.example import Message
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.errors import Answered, AnsweredRun
from tuneworthy.evaluate.review import draw_pairs
from tuneworthy.evaluate.review.drawing import same, shown_request, stratified

KEY = bytes(range(32))


def case(number: int, **more: str) -> Case:
    return Case(id=f"c{number}", request="q", expected="", **more)


@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=60), st.integers(1, 70), st.integers()
)
def test_each_segment_gives_its_part(segments: list[str], n: int, seed: int) -> None:
    cases = [case(number, segment=name) for number, name in enumerate(segments)]
    chosen = stratified(cases, n, seed)
    assert len(chosen) == min(n, len(cases))
    assert len({one.id for one in chosen}) == len(chosen)
    sizes, got = Counter(segments), Counter(one.segment for one in chosen)
    for name, size in sizes.items():
        assert abs(got[name] - min(n, len(cases)) * size / len(cases)) < 1
    assert chosen == stratified(cases, n, seed)


def test_groups_give_one_case_each_before_any_gives_two() -> None:
    cases = [case(number, group=f"g{number // 5}") for number in range(50)]
    assert len({one.group for one in stratified(cases, 10, 7)}) == 10
    assert stratified(cases, 10, 7) != stratified(cases, 10, 8)


@given(st.text(max_size=20))
def test_line_ends_and_outer_spaces_make_no_difference(text: str) -> None:
    assert same(text, f"  {text}\r\n")
    assert not same(text, f"{text}x")


def run(name: str, outputs: list[str]) -> AnsweredRun:
    return AnsweredRun(name, tuple(Answered(case(n), o, 1.0) for n, o in enumerate(outputs)))


def test_equal_answers_are_counted_and_not_drawn() -> None:
    drawn = draw_pairs(run("a", ["x", "y", "z"]), run("b", ["x ", "y2", ""]), 9, key=KEY, seed=1)
    assert (drawn.cases, drawn.equal) == (3, 1)
    assert {item.case for item in drawn.items} == {"c1", "c2"}
    assert any("(no answer)" in item.texts for item in drawn.items)


def test_runs_over_other_cases_are_refused() -> None:
    with pytest.raises(DataProblem, match="not over the same cases"):
        draw_pairs(run("a", ["x"]), run("b", ["x", "y"]), 9, key=KEY, seed=1)
    with pytest.raises(DataProblem, match="the same answer"):
        draw_pairs(run("a", ["x"]), run("b", ["x"]), 9, key=KEY, seed=1)


def test_people_see_all_that_stood_before_the_answer() -> None:
    one = Case(
        id="c", request=" And now?\r\n", expected="", context="The rules.",
        turns=(Message(role="user", content="Hello"), Message(role="assistant", content="Hi")),
    )  # fmt: skip
    assert shown_request(one) == "user: Hello\n\nassistant: Hi\n\nThe rules.\n\nAnd now?"
