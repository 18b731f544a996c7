import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.comparing import CompareResult
from tuneworthy.evaluate import CompareOptions, compare_results, pair, read_results


def lines(*rows: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def scored(scores: list[float], **more: list[Any]) -> bytes:
    rows = [{"id": str(at), "score": score} for at, score in enumerate(scores)]
    for name, values in more.items():
        for row, value in zip(rows, values, strict=True):
            row[name] = value
    return lines(*rows)


def compared(base: bytes, candidate: bytes, **options: Any) -> CompareResult:
    chosen = CompareOptions(**options)
    sides = read_results("base", base), read_results("new", candidate)
    return compare_results(pair(*sides, chosen.metric, common=chosen.common), chosen)


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "results_empty", "holds no results"),
        (b"\n  \n", "results_empty", "holds no results"),
        (b"\xff\xfe\x00", "results_unreadable", "UTF-8"),
        (b"{", "results_unreadable", "f:1: it is not JSON"),
        (b"[1]", "results_unreadable", "not a JSON object"),
        (b'{"score": 1}', "results_unreadable", "f:1: it has no id"),
        (b'{"id": " ", "score": 1}', "results_unreadable", "id"),
        (b'{"id": true, "score": 1}', "results_unreadable", "neither a text nor"),
        (b'{"id": "\\ud800", "score": 1}', "results_unreadable", "half a character"),
        (b'{"id": "a", "id": "b"}', "results_unreadable", "'id' stands in it twice"),
        (b"[" * 100_000, "results_unreadable", "results"),
        (lines({"id": "a"}, {"id": "a"}), "results_unreadable", "f:2: id 'a' stands at f:1"),
        (lines({"id": 1}, {"id": "1"}), "results_unreadable", "already"),
    ],
)
def test_a_file_that_is_none_of_results_says_where(data, code, says):
    with pytest.raises(DataProblem) as refused:
        read_results("f", data)
    assert refused.value.code == code
    assert says in refused.value.message + refused.value.why
    assert refused.value.fix


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ("true", "score is true; write 1 or 0"),
        ('"1"', "score is a text, not a number"),
        ("[1]", "score is a list"),
        ("{}", "score is an object"),
        ("null", "no score"),
        ("NaN", "score is nan"),
        ("Infinity", "score is inf"),
        ("-1e999", "score is -inf"),
        ("1e101", "score is beyond 1e+100"),
        ("1" + "0" * 101, "score is beyond 1e+100"),
    ],
)
def test_what_is_no_number_is_refused_and_counted(score, says):
    data = f'{{"id": "a", "score": 1}}\n{{"id": "b", "score": {score}}}'.encode()
    with pytest.raises(DataProblem) as refused:
        read_results("f", data).column("score")
    assert refused.value.code == "scores_wrong"
    assert "1 of 2 cases of f" in refused.value.message
    assert f"f:2: {says}" in refused.value.why


def test_an_unknown_metric_is_answered_with_those_there_are():
    found = read_results("f", lines({"id": "a", "score": 1, "cost": 0.1, "note": "x"}))
    with pytest.raises(DataProblem, match="no field 'speed'") as refused:
        found.column("speed")
    assert refused.value.why == "Fields with numbers: cost, score."


def test_a_mark_before_the_text_and_windows_lines_are_read():
    found = read_results("f", b'\xef\xbb\xbf{"id": 7, "score": 1}\r\n{"id": "b", "score": 0}\r\n')
    assert found.column("score") == {"7": 1.0, "b": 0.0}


def test_other_cases_are_named_and_counted_and_left_out_only_when_asked():
    base, new = scored([1.0] * 40), scored([1.0] * 42).replace(b'"id": "3"', b'"id": "x"')
    with pytest.raises(DataProblem) as refused:
        compared(base, new)
    assert refused.value.code == "other_cases"
    assert "share 39" in refused.value.message
    assert "1 only in base: 3" in refused.value.why
    assert "3 only in new: x, 40, 41" in refused.value.why
    found = compared(base, new, common=True)
    assert (found.n, found.only_base, found.only_candidate) == (39, 1, 3)


def test_files_without_a_common_case_are_never_compared():
    with pytest.raises(DataProblem, match="share 0"):
        compared(lines({"id": "a", "score": 1}), lines({"id": "b", "score": 1}), common=True)


@pytest.mark.parametrize("field", ["segment", "group"])
def test_a_case_that_changes_its_segment_or_group_is_refused(field):
    one = lines({"id": "a", "score": 1, field: "x"})
    with pytest.raises(DataProblem, match=f"Case 'a' is in {field} 'x' at base:1"):
        compared(one, lines({"id": "a", "score": 1, field: "y"}))


def test_the_order_of_the_lines_does_not_matter():
    base = [float(at % 3 == 0) for at in range(60)]
    ours = [float(at % 2 == 0) for at in range(60)]
    turned = b"\n".join(reversed(scored(ours).split(b"\n")))
    assert compared(scored(base), scored(ours)) == compared(scored(base), turned)


@settings(deadline=None, max_examples=25)
@given(
    rows=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=12, max_size=40),
    seed=st.randoms(use_true_random=False),
    grouped=st.booleans(),
)
def test_graded_and_grouped_lines_in_another_order_give_the_very_same(rows, seed, grouped):
    named = [
        {"id": str(at), "segment": "ab"[at % 2]} | ({"group": f"g{at % 7}"} if grouped else {})
        for at in range(len(rows))
    ]
    base = [one | {"score": theirs} for one, (theirs, _) in zip(named, rows, strict=True)]
    ours = [one | {"score": score} for one, (_, score) in zip(named, rows, strict=True)]
    found = compared(lines(*base), lines(*ours), margin=0.1)
    seed.shuffle(base)
    seed.shuffle(ours)
    assert compared(lines(*base), lines(*ours), margin=0.1) == found


def test_marks_of_which_less_is_better_get_the_exact_test_too():
    base = [float(at % 3 == 0) for at in range(90)]
    ours = [float(at % 4 == 0) for at in range(90)]
    parts = {"segment": ["a", "b", "c"] * 30}
    faults = compared(scored(base, **parts), scored(ours, **parts), better="lower", margin=0.2)
    kept = compared(
        scored([1 - one for one in base], **parts),
        scored([1 - one for one in ours], **parts),
        margin=0.2,
    )
    assert faults.test == "exact McNemar"
    assert faults.words == kept.words
    assert (faults.p_value, faults.power) == (kept.p_value, kept.power)
    assert faults.power.gain == 0.05
    assert faults.delta.value == pytest.approx(-kept.delta.value)
    assert (faults.delta.low, faults.delta.high) == pytest.approx(
        (-kept.delta.high, -kept.delta.low)
    )
    assert faults.base.mean == pytest.approx(sum(base) / 90)
    assert 0 < faults.base.interval[0] < faults.base.mean < faults.base.interval[1] < 1
    assert faults.non_inferiority is not None
    assert kept.non_inferiority is not None
    assert faults.non_inferiority.passed == kept.non_inferiority.passed
    assert faults.effects[0].value == pytest.approx(faults.delta.value)
    for one, other in zip(faults.segments, kept.segments, strict=True):
        assert one.baseline == pytest.approx(1 - other.baseline)
        assert (one.p_holm, one.verdict) == (other.p_holm, other.verdict)


def test_seconds_below_one_are_no_shares():
    base = [0.1 + at / 1000 for at in range(40)]
    found = compared(
        scored([1.0] * 40, latency_s=base), scored([1.0] * 40, latency_s=base), metric="latency_s"
    )
    assert found.power.gain == pytest.approx(0.05 * sum(base) / 40)


def test_less_is_better_for_latency_and_cost():
    base = [1.0 + at / 50 for at in range(60)]
    slower = [value * 1.2 for value in base]
    found = compared(
        scored([1.0] * 60, latency_s=base), scored([1.0] * 60, latency_s=slower), metric="latency_s"
    )
    assert (found.verdict, found.better_is) == ("clearly worse", "lower")
    assert found.delta.low > 0
    assert found.delta.value == pytest.approx(found.candidate.mean - found.base.mean)
    assert (found.newly_better, found.newly_worse) == (0, 60)
    turned = compared(
        scored([1.0] * 60, latency_s=base),
        scored([1.0] * 60, latency_s=slower),
        metric="latency_s",
        better="higher",
    )
    assert turned.verdict == "clearly better"


def test_a_small_sure_loss_within_the_margin_is_not_worse():
    base = [1.0] * 2000
    ours = [0.0] * 20 + [1.0] * 1980
    assert compared(scored(base), scored(ours)).verdict == "clearly worse"
    found = compared(scored(base), scored(ours), margin=0.05)
    assert found.verdict == "within noise"
    assert found.non_inferiority is not None
    assert found.non_inferiority.passed
    assert "less than the margin" in found.words
    assert compared(scored(base), scored(ours), margin=0.005).verdict == "clearly worse"


def test_two_runs_of_one_arm_give_the_noise_and_it_can_be_declared():
    base = [float(at % 2) for at in range(400)]
    again = [1 - score if at < 8 else score for at, score in enumerate(base)]
    found = compared(scored(base), scored(again), same_arm=True)
    assert found.noise is not None
    assert (found.noise.changed, found.noise.share) == (8, 0.02)
    ours = [1.0] * 20 + base[20:]
    assert compared(scored(base), scored(ours)).verdict == "clearly better"
    held = compared(scored(base), scored(ours), floor=0.03)
    assert held.verdict == "within noise"
    assert "noise of 0.03" in held.words


def test_cases_without_a_group_beside_grouped_ones_stand_alone():
    groups: list[Any] = ["g"] * 30 + [None] * 30
    found = compared(scored([0.0] * 60, group=groups), scored([1.0] * 60, group=groups))
    assert found.groups == 31


def test_few_groups_are_too_few_however_many_cases():
    groups = [f"g{at % 5}" for at in range(500)]
    found = compared(scored([0.0] * 500, group=groups), scored([1.0] * 500, group=groups))
    assert found.p_value > 0.05
    assert found.verdict == "too few cases"
    assert "5 groups" in found.words


NUMBERS = st.one_of(st.integers(0, 1), st.floats(-1e6, 1e6))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(NUMBERS, NUMBERS, st.sampled_from(["", "a", "b"]), st.sampled_from(["", "g"])),
        min_size=1,
        max_size=50,
    ),
    st.sampled_from([None, 0.1]),
)
def test_any_numbers_give_finite_answers_that_turn_with_the_sides(rows, margin):
    segments, groups = [r[2] for r in rows], [r[3] or None for r in rows]
    base = scored([r[0] for r in rows], segment=segments, group=groups)
    ours = scored([r[1] for r in rows], segment=segments, group=groups)
    there = compared(base, ours, margin=margin)
    back = compared(ours, base)
    for number in (there.delta.value, there.delta.low, there.delta.high, there.p_value):
        assert math.isfinite(number)
    assert there.delta.low <= there.delta.value <= there.delta.high
    assert there.delta.value == pytest.approx(-back.delta.value, rel=1e-6, abs=1e-9)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-9)
    assert there.newly_better == back.newly_worse
    assert sum(one.n for one in there.segments) == sum(1 for name in segments if name)
    json.dumps(there.model_dump(), allow_nan=False)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with suppress(DataProblem):
        found = read_results("f", data).column("score")
        assert all(math.isfinite(number) for number in found.values())
