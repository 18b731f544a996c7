"""Error analysis: no case is lost, clusters part the failures, hostile texts stay texts."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import DataProblem, UsageProblem
from tuneworthy.core.nouns.suite import Case
from tuneworthy.evaluate.errors import Answered, AnsweredRun, analyse, answered, diff_runs
from tuneworthy.evaluate.errors.slices import quantile_bins
from tuneworthy.evaluate.result_rows import read_results

SCORES = st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])
TEXT = st.text(max_size=30)


def run_of(name: str, rows: list[tuple[float, str]], **case: str) -> AnsweredRun:
    return AnsweredRun(
        name,
        tuple(
            Answered(
                Case(id=f"c{at}", request=f"say {at % 3}", expected="yes", **case),
                output=output,
                score=score,
                error="" if score == 1 else "different",
            )
            for at, (score, output) in enumerate(rows)
        ),
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(SCORES, TEXT, SCORES, TEXT), min_size=1, max_size=25))
def test_no_case_is_lost(rows):
    base = run_of("base", [(one, text) for one, text, _, _ in rows])
    run = run_of("run", [(two, text) for _, _, two, text in rows])
    found = analyse(run, base)
    failed = {row.case.id for row in run.rows if row.score < found.pass_at}
    changed = found.changes
    assert changed is not None
    assert changed.broken + changed.fixed + changed.lower + changed.higher + changed.same == found.n
    assert (found.n, found.n_failed) == (len(rows), len(failed))
    assert not set(changed.broken_ids) & set(changed.fixed_ids)
    assert set(changed.broken_ids) <= failed
    inside = [case for cluster in found.clusters for case in cluster.cases]
    assert sorted(inside) == sorted(failed)
    assert sum(kind.n for kind in found.kinds) == len(failed)
    for family in {one.family for one in found.slices}:
        parts = [one for one in found.slices if one.family == family]
        assert sum(one.n for one in parts) == found.n
        assert sum(one.failed for one in parts) == len(failed)
    shown = diff_runs(base, run)
    assert sum(shown.counts.values()) == found.n
    assert (shown.counts["broken"], shown.counts["fixed"]) == (changed.broken, changed.fixed)


@given(st.lists(st.integers(0, 50), max_size=60))
def test_bins_hold_every_length_once_and_keep_equal_ones_together(lengths):
    bins = quantile_bins(lengths)
    assert sorted(at for _, places in bins for at in places) == list(range(len(lengths)))
    inside = [{lengths[at] for at in places} for _, places in bins]
    assert all(not a & b for i, a in enumerate(inside) for b in inside[:i])


def topics(n: int = 60) -> AnsweredRun:
    """Two sorts of failures and as many right answers."""
    said = ("parcel late again", "password forgotten", "the weather is fine")
    rows = [
        Answered(
            Case(id=f"c{at}", request=f"{said[at % 3]} {at}", expected="x", segment="ab"[at % 2]),
            output="y" if at % 3 < 2 else "x",
            score=float(at % 3 == 2),
            error="different" if at % 3 < 2 else "",
        )
        for at in range(n)
    ]
    return AnsweredRun("run", tuple(rows))


def test_clusters_find_the_topics_and_name_their_words():
    found = analyse(topics())
    assert [one.n for one in found.clusters] == [20, 20]
    assert {frozenset(int(case[1:]) % 3 for case in one.cases) for one in found.clusters} == {
        frozenset({0}),
        frozenset({1}),
    }
    words = {word for one in found.clusters for word in one.words}
    assert {"parcel", "late", "password", "forgotten"} <= words
    assert not words & {"weather", "fine"}
    assert all(len(one.examples) == 3 for one in found.clusters)
    assert analyse(topics()) == found


def test_a_failing_segment_is_named_and_a_random_one_is_not():
    rows = [
        Answered(
            Case(id=str(at), request="r", expected="e", segment="de" if at < 40 else "fr"),
            output="o",
            score=float(at >= 40 or at % 10 == 0),
        )
        for at in range(120)
    ]
    found = {one.name: one for one in analyse(AnsweredRun("r", tuple(rows))).slices}
    assert set(found) == {"de", "fr"}  # all requests are of one length
    assert found["de"].verdict == "more failures"
    assert found["de"].failed == 36
    assert found["fr"].verdict == "fewer failures"
    assert all(one.verdict == "within noise" for one in analyse(topics()).slices[:2])


def test_no_whole_answer_comes_before_the_metrics_word():
    case = Case(id="a", request="", expected="")

    def kind(output: str = "x", *, valid: bool = True, **more: object) -> str:
        return Answered(case, output, 0.0, valid=valid, **more).kind  # type: ignore[arg-type]

    assert kind(error="timed out", failed=True) == "no answer: timed out"
    assert kind(" ", error="different") == "empty"
    assert kind(error="no JSON object", cut_off=True, valid=False) == "cut off"
    assert kind(error="no JSON object", valid=False) == "no JSON object"
    assert (kind(), kind(valid=False)) == ("wrong", "invalid form")


def test_a_file_of_scores_alone_calls_no_answer_empty():
    def kinds_of(*rows: dict[str, object]) -> list[str]:
        text = "\n".join(json.dumps(row) for row in rows).encode()
        return [row.kind for row in answered(read_results("f", text)).rows]

    scores = [{"id": "1", "score": 0}, {"id": "2", "score": 0, "error": "different"}]
    assert kinds_of(*scores) == ["wrong", "different"]
    assert kinds_of(*scores, {"id": "3", "score": 0, "output": "x"})[:2] == ["empty", "empty"]


def test_labels_taken_for_others_part_the_failures():
    said = ["b", "b", "nonsense", "", "a", "b", "b", "B "]
    rows = [
        Answered(
            Case(id=str(at), request="r", expected="a" if at < 5 else "b"),
            output=text,
            score=float(text.strip().lower() == ("a" if at < 5 else "b")),
        )
        for at, text in enumerate(said)
    ]
    found = analyse(AnsweredRun("r", tuple(rows)))
    assert [(c.expected, c.said, c.n) for c in found.confusions] == [
        ("a", "b", 2),
        ("a", "(no known label)", 1),
        ("a", "(nothing)", 1),
    ]
    free = run_of("r", [(0.0, "x")] * 6)
    assert analyse(free).confusions == ()


def test_tool_calls_are_told_by_function_and_argument():
    wanted = {"name": "pay", "arguments": {"to": ["Ann", "ann b"], "sum": [3], "note": ["", "x"]}}

    def row(at: int, output: object) -> Answered:
        text = output if isinstance(output, str) else json.dumps(output)
        return Answered(
            Case(id=str(at), request="r", expected="{}", accepted=wanted), output=text, score=0.0
        )

    outputs: list[object] = [
        {"name": "pay", "arguments": {"to": "Bob", "sum": 3}},
        {"name": "pay", "arguments": {"to": "ann-b", "extra": 1}},
        {"name": "send", "arguments": {}},
        "no call",
        "",
    ]
    run = AnsweredRun("r", tuple(row(at, one) for at, one in enumerate(outputs)))
    found = {(c.function, c.argument, c.fault): c.n for c in analyse(run).calls}
    assert found == {
        ("pay", "to", "wrong value"): 1,
        ("pay", "extra", "extra"): 1,
        ("pay", "sum", "missing"): 1,
        ("pay", "", "called send"): 1,
        ("pay", "", "not a call"): 1,
        ("pay", "", "no answer"): 1,
    }


def test_other_cases_are_refused():
    with pytest.raises(DataProblem, match="not over the same cases"):
        analyse(run_of("a", [(1.0, "x")]), run_of("b", [(1.0, "x")] * 2))


@pytest.mark.parametrize("line", ['{"id": 1, "score": 2}', '{"id": 1, "score": 1, "output": 3}'])
def test_rows_that_are_no_answers_are_refused(line):
    with pytest.raises(DataProblem):
        answered(read_results("f", line.encode()))


def test_diffs_show_broken_cases_first_and_stand_beside_the_base_where_nothing_is_expected():
    base = run_of("base", [(1.0, "yes"), (0.0, "no"), (1.0, "yes"), (1.0, "same")])
    run = run_of("run", [(1.0, "yes!"), (1.0, "yes"), (0.0, "yes but no"), (1.0, "same")])
    found = diff_runs(base, run)
    assert [one.id for one in found.cases] == ["c2", "c1", "c0"]
    assert (found.other_text, found.found) == (3, 3)
    assert [(p.sort, p.text) for p in found.cases[0].candidate] == [
        ("same", "yes"),
        ("new", " but no"),
    ]
    assert [one.id for one in diff_runs(base, run, only="fixed").cases] == ["c1"]
    assert [one.id for one in diff_runs(base, run, case="c3").cases] == ["c3"]
    with pytest.raises(UsageProblem, match="No case"):
        diff_runs(base, run, case="c9")
    free = AnsweredRun("f", (Answered(Case(id="a", request="", expected=""), "one two", 1.0),))
    other = AnsweredRun("g", (Answered(Case(id="a", request="", expected=""), "one 2", 1.0),))
    (one,) = diff_runs(free, other).cases
    assert one.against == "base"
    assert [p.sort for p in one.candidate] == ["same", "gone", "new"]
