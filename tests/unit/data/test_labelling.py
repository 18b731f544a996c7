"""Who is asked what, what labels come to, rules, and Label Studio's files; nothing is stored."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem, DataProblem, Problem, UsageProblem
from tuneworthy.core.nouns.labelling import (
    Adjudication,
    Annotation,
    Gold,
    GuideWord,
    LabelItem,
    LabelQueue,
    LabelValue,
    Place,
)
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.labelling import (
    RuleFile,
    Standing,
    checked,
    choose,
    compiled,
    labelling_config,
    needs,
    quality,
    read_export,
    read_items,
    resolve,
    standing,
    tasks,
    weak_labels,
)
from tuneworthy.data.labelling.labelled_rows import with_target

PEOPLE = ("ana", "bo", "cy", "di")


def queue(**more: Any) -> LabelQueue:
    facts: dict[str, Any] = {
        "id": "q", "project": "p", "source": "rows.jsonl", "sha256": "sha256:s", "question": "Q?",
        "scale": "nominal", "choices": ("yes", "no", "may be"), "annotators": 2, "overlap": 0.5,
        "gold_rate": 0.2, "seed": 7, "lease_minutes": 30, "items": 0, "unread": 0,
        "guide": "guide.md", "guide_digest": "g1", "created_by": "ana", "created_at": "t",
    }  # fmt: skip
    return LabelQueue(**{**facts, **more})


def items(count: int, need: list[int] | None = None) -> list[LabelItem]:
    return [
        LabelItem(id=str(n + 1), position=n, text=f"row {n}", need=need[n] if need else 2)
        for n in range(count)
    ]


def said(item: str, person: str, value: LabelValue | None, **more: Any) -> Annotation:
    facts = {"id": f"{item}{person}{value}{more}", "queue": "q", "item": item, "person": person,
             "value": value, "guide": "g1", "created_at": "t", **more}  # fmt: skip
    return Annotation(**facts)


def known(item: str, value: LabelValue, person: str = "fa") -> Gold:
    return Gold(id=f"q:{item}", queue="q", item=item, value=value, person=person, reason="",
                created_at="t")  # fmt: skip


def refused(work: Callable[[], object]) -> Problem | None:
    """The problem that the work ends with, if it does."""
    try:
        work()
    except Problem as problem:
        return problem
    return None


# -- who is asked what ------------------------------------------------------------------------


@given(st.integers(0, 300), st.integers(1, 5), st.floats(0, 1), st.integers())
def test_just_as_many_items_overlap_as_asked(
    count: int, annotators: int, overlap: float, seed: int
) -> None:
    found = needs(count, annotators, overlap, seed)
    assert found == needs(count, annotators, overlap, seed)
    assert len(found) == count
    assert set(found) <= {1, annotators}
    if annotators > 1:
        assert found.count(annotators) == round(overlap * count)


@settings(max_examples=60)
@given(
    st.integers(1, 25), st.integers(1, 4), st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.9]),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_whoever_comes_when_every_item_gets_its_people_and_nobody_sees_one_twice(
    count: int, annotators: int, overlap: float, gold_rate: float, random: Any
) -> None:
    need = needs(count, annotators, overlap, 7)
    wanted = [Place(str(place + 1), n) for place, n in enumerate(need)]
    gold = {"1", "2"} if count > 4 else set()
    judged: dict[str, list[str]] = {person: [] for person in PEOPLE}
    active = list(PEOPLE)
    while active:
        person = random.choice(active)
        taken = Counter(item for done in judged.values() for item in done)
        found = choose(
            wanted, gold, Standing(taken, judged[person], len(judged[person])),
            person=person, gold_rate=gold_rate, seed=7,
        )  # fmt: skip
        if found is None:
            active.remove(person)
        else:
            judged[person].append(found)
    for done in judged.values():
        assert len(done) == len(set(done))
    total = Counter(item for done in judged.values() for item in done)
    for item in wanted:
        if item.id not in gold:
            assert total[item.id] == item.need


def test_each_person_has_an_order_of_their_own_and_gold_at_its_rate():
    wanted = [Place(str(place + 1), 2) for place in range(400)]
    gold = {str(n) for n in range(1, 101)}
    orders = {}
    for person in ("ana", "bo"):
        done: list[str] = []
        for _ in range(300):
            found = choose(wanted, gold, Standing({}, done, len(done)), person=person,
                           gold_rate=0.2, seed=7)  # fmt: skip
            assert found is not None
            done.append(found)
        orders[person] = done
        assert 40 <= sum(item in gold for item in done) <= 80
        assert done != sorted(done, key=int)
    assert orders["ana"] != orders["bo"]
    same = sum(a == b for a, b in zip(orders["ana"], orders["bo"], strict=True))
    assert same < 15


# -- what labels come to ----------------------------------------------------------------------

votes = st.lists(
    st.tuples(st.sampled_from("123"), st.sampled_from(PEOPLE),
              st.sampled_from(["yes", "no", "may be", None])),
    max_size=12, unique_by=lambda vote: vote[:2],
)  # fmt: skip


@given(votes, st.booleans())
def test_a_label_is_what_all_or_more_than_half_said(
    given_: list[tuple[str, str, str | None]], by_majority: bool
) -> None:
    annotations = [said(*vote) for vote in given_]
    found = resolve(queue(), items(3), annotations, {}, {}, by_majority=by_majority)
    for item in items(3):
        heard = [value for name, _, value in given_ if name == item.id and value is not None]
        counts = Counter(heard)
        best = max(counts.values(), default=0)
        if len(heard) < 2 or (best < len(heard) and not (by_majority and 2 * best > len(heard))):
            assert item.id not in found
            continue
        label = found[item.id]
        assert counts[str(label.value)] == best
        assert label.how == ("agreed" if best == len(heard) else "majority")
        assert len(label.annotators) == best


def test_what_is_known_stands_above_the_last_word_and_that_above_agreement():
    annotations = [said(i, p, "yes") for i in "123" for p in ("ana", "bo")]
    word = {
        i: Adjudication(
            id=f"q:{i}", queue="q", item=i, value="no", person="fa", reason="r", guide="g1",
            annotations=(), created_at="t",
        )
        for i in "12"
    }  # fmt: skip
    found = resolve(queue(), items(3), annotations, {"1": known("1", "may be")}, word)
    assert [(found[i].value, found[i].how) for i in "123"] == [
        ("may be", "gold"), ("no", "adjudicated"), ("yes", "agreed"),
    ]  # fmt: skip
    assert found["2"].annotators == ("ana", "bo", "fa")
    changed = queue(guide_digest="g2")
    assert resolve(changed, items(3), annotations, {}, word)["1"].how == "agreed"


def test_labels_under_an_older_guide_count_only_by_a_persons_word():
    annotations = [said("1", "ana", "yes"), said("2", "ana", "no", guide="g2")]
    changed = queue(guide_digest="g3")
    assert standing(changed, annotations) == []
    words = (
        GuideWord(older="g1", newer="g2", person="fa", reason="typo"),
        GuideWord(older="g2", newer="g3", person="fa", reason="typo"),
    )
    assert standing(changed.model_copy(update={"still_valid": words}), annotations) == annotations
    assert (
        standing(changed.model_copy(update={"still_valid": words[1:]}), annotations)
        == (annotations[1:])
    )
    assert standing(queue(guide_digest="g4", still_valid=words), annotations) == []


def test_only_the_last_of_a_persons_judgements_counts():
    first = said("1", "ana", "yes")
    second = said("1", "ana", "no", replaces=first.id)
    assert standing(queue(), [first, second, said("1", "bo", "no")])[0] == second
    found = resolve(queue(), items(1), standing(queue(), [first, second, said("1", "bo", "no")]),
                    {}, {})  # fmt: skip
    assert found["1"].value == "no"


def test_figures_of_each_person():
    annotations = [said(str(n), p, "yes" if n % 2 else "no") for n in range(1, 9) for p in PEOPLE]
    annotations += [said("9", "ana", None), said("10", "bo", "no", guide="g0")]
    wrong = [one.model_copy(update={"value": "may be"}) if one.person == "di" else one
             for one in annotations]  # fmt: skip
    found = quality(queue(), wrong, {"1": known("1", "yes"), "2": known("2", "no")})
    ana, bo, _, di = found.annotators
    assert (ana.person, ana.labelled, ana.skipped, ana.shared) == ("ana", 8, 1, 6)
    assert (bo.older_guide, ana.older_guide) == (1, 0)
    assert (ana.gold.value, ana.gold.n, di.gold.value) == (1.0, 2, 0.0)
    assert ana.same == pytest.approx(2 / 3)
    assert di.same == 0
    assert ana.alpha is not None
    assert di.alpha is not None
    assert ana.alpha > 0 > di.alpha
    assert found.alpha.units == 6, "items with a known answer are not counted"


def test_order_counts_on_the_ordinal_scale():
    near = [said(str(n), p, "no" if p == "ana" else "may be") for n in range(4) for p in PEOPLE[:2]]
    near += [said(str(n), p, "yes") for n in range(4, 8) for p in PEOPLE[:2]]
    far = [one.model_copy(update={"value": "yes"}) if one.value == "may be" else one
           for one in near]  # fmt: skip
    ordered = queue(scale="ordinal", choices=("no", "may be", "yes"))
    one, two = quality(ordered, near, {}).alpha.value, quality(ordered, far, {}).alpha.value
    assert one is not None
    assert two is not None
    assert one > two


# -- labels -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings_", "value", "kept"),
    [
        ({}, "yes", "yes"),
        ({"scale": "interval"}, "-3", -3.0),
        ({"scale": "interval", "low": 0, "high": 4}, 4, 4.0),
        ({"scale": "text"}, " as it is ", " as it is "),
    ],
)
def test_labels_that_are_kept(settings_: dict[str, Any], value: object, kept: LabelValue) -> None:
    assert checked(queue(**settings_), value) == kept


@given(st.sampled_from(["nominal", "interval", "text"]),
       st.none() | st.booleans() | st.integers() | st.floats() | st.text())  # fmt: skip
def test_any_value_is_kept_or_refused_with_words(scale: Any, value: object) -> None:
    asked = queue(scale=scale, low=0, high=9)
    problem = refused(lambda: checked(asked, value))
    if problem is not None:
        assert (problem.code, bool(problem.fix)) == ("bad_label", True)
        assert problem.message.encode()
        return
    kept = checked(asked, value)
    assert json.loads(json.dumps(kept)) == kept
    if scale == "interval":
        assert 0 <= float(kept) <= 9


def test_the_nearest_label_is_named():
    with pytest.raises(UsageProblem) as caught:
        checked(queue(), "maybe")
    assert caught.value.fix == "Did you mean 'may be'?"


# -- rows -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "seen", "field", "expected"),
    [
        ({"request": "ask", "target": "old"}, "ask", "target", "new"),
        ({"text": "ask"}, "ask", "target", "new"),
        ({"prompt": "ask"}, "ask", "completion", "new"),
        ({"instruction": "do", "input": "this"}, "do\n\nthis", "output", "new"),
        (
            {"messages": [{"role": "user", "content": "ask"},
                          {"role": "assistant", "content": "old"}]},
            "user: ask", "messages",
            [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "new"}],
        ),
        (
            {"messages": [{"role": "user", "content": "ask"}]}, "user: ask", "messages",
            [{"role": "user", "content": "ask"}, {"role": "assistant", "content": "new"}],
        ),
    ],
)  # fmt: skip
def test_rows_of_every_shape(
    tmp_path: Path, row: dict[str, Any], seen: str, field: str, expected: Any
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row | {"id": 5}) + "\n\n{broken\n{}\n", encoding="utf-8")
    found = read_items(path, Source(path="rows.jsonl"))
    assert found.texts == {1: seen}
    assert found.unread == 2
    labelled = with_target(row | {"id": 5}, Source(path="rows.jsonl"), "new")
    assert labelled[field] == expected
    assert labelled["id"] == 5


def test_a_file_with_nothing_to_judge_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n', encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        read_items(path, Source(path="rows.jsonl"))
    assert caught.value.code == "nothing_to_label"


# -- rules ------------------------------------------------------------------------------------


def test_labelling_functions_of_a_file():
    spec = {
        "functions": {
            "polite": {"label": "yes", "words": ["please", "thank you"], "unless": "not please"},
            "never": {"label": "no", "pattern": "nev(er|ah)"},
        }
    }
    functions = compiled(RuleFile.model_validate(spec), "f.yaml")
    polite, never = functions["polite"], functions["never"]
    assert [polite(t) for t in ("Thank you!", "pleased", "not PLEASE")] == ["yes", None, None]
    assert [never(t) for t in ("NEVAH", "no")] == ["no", None]
    rows = [LabelItem(id=str(n), position=n, text=t, need=1)
            for n, t in enumerate(["please", "never", "please never", "?"])]  # fmt: skip
    found = weak_labels(queue(), rows, functions, {"0": "yes", "1": "yes"})
    assert [(r.name, r.covered, r.conflicts) for r in found.rules] == [
        ("polite", 0.5, 0.25), ("never", 0.5, 0.25),
    ]  # fmt: skip
    assert [(r.checked.value, r.checked.n) for r in found.rules] == [(1.0, 1), (0.0, 1)]
    assert found.covered == 0.75
    assert [one.item for one in found.labels] == ["0", "1", "2"]
    assert [one.value for one in found.labels[:2]] == ["yes", "no"]


def test_a_pattern_of_labelling_functions_takes_no_longer_than_the_text():
    spec = {"functions": {"loop": {"label": "yes", "pattern": "(a+)+$", "unless": "(b|b)*c"}}}
    loop = compiled(RuleFile.model_validate(spec), "f.yaml")["loop"]
    assert loop("a" * 5000 + "!") is None
    assert loop("\ud800 AAA") == "yes"
    ahead = {"functions": {"ahead": {"label": "yes", "pattern": "(?=a)b"}}}
    with pytest.raises(ConfigProblem, match="RE2"):
        compiled(RuleFile.model_validate(ahead), "f.yaml")


def test_faults_of_labelling_functions_are_told_together():
    spec = {"functions": {"a": {"label": "yes"}, "b": {"label": "no", "pattern": "("}}}
    with pytest.raises(ConfigProblem) as caught:
        compiled(RuleFile.model_validate(spec), "f.yaml")
    assert "functions.a" in caught.value.message
    assert "functions.b" in caught.value.message
    with pytest.raises(ConfigProblem) as caught:
        weak_labels(queue(), items(2), {"odd": lambda _: "perhaps"}, {})
    assert caught.value.code == "no_such_choice"
    with pytest.raises(ConfigProblem) as caught:
        weak_labels(queue(scale="text", choices=()), items(2), {"odd": lambda _: "x"}, {})
    assert caught.value.code == "no_classes"


# -- Label Studio -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings_", "tag"),
    [
        ({"choices": ('a"<b>&', "ü")}, "Choices"),
        ({"scale": "interval", "choices": (), "low": -4, "high": 4}, "Number"),
        ({"scale": "text", "choices": ()}, "TextArea"),
    ],
)
def test_the_interface_says_what_is_asked(settings_: dict[str, Any], tag: str) -> None:
    asked = queue(**settings_)
    view = Xml.fromstring(labelling_config(asked))  # noqa: S314 - our own text
    control = view.find(tag)
    assert control is not None
    assert control.get("toName") == "text"
    if tag == "Choices":
        assert tuple(one.get("value") for one in control) == asked.choices
    if tag == "Number":
        assert (control.get("min"), control.get("max")) == ("-4", "4")
    assert tasks(asked, items(2))[1]["data"]["text"] == "row 1"


def exported(value: Any, by: Any = 3, kind: str = "choices", **more: Any) -> dict[str, Any]:
    """A task as Label Studio exports it."""
    data = tasks(queue(), items(1))[0]["data"]
    result = [{"from_name": "label", "to_name": "text", "type": kind, "value": value}]
    return {"id": 9, "data": data, "annotations": [
        {"id": 4, "completed_by": by, "result": result, "was_cancelled": False, "lead_time": 2.5,
         **more}]}  # fmt: skip


def test_an_export_is_read(tmp_path):
    path = tmp_path / "export.json"
    who = {"id": 3, "email": "ana@x.org", "first_name": ""}
    content = [
        exported({"choices": ["yes"]}),
        exported({"choices": ["no"]}, who),
        exported({"choices": []}, who, was_cancelled=True),
    ]
    path.write_text(json.dumps(content), encoding="utf-8")
    found = read_export(path, queue())
    assert [(one.item, one.who, one.value, one.guide) for one in found] == [
        ("1", ("3",), "yes", "g1"),
        ("1", ("3", "ana@x.org"), "no", "g1"),
        ("1", ("3", "ana@x.org"), None, "g1"),
    ]
    for scale, kind, value, kept in (
        ("interval", "number", {"number": 2}, 2.0),
        ("text", "textarea", {"text": ["so"]}, "so"),
    ):
        path.write_text(json.dumps([exported(value, kind=kind)]), encoding="utf-8")
        assert read_export(path, queue(scale=scale))[0].value == kept


@pytest.mark.parametrize(
    "content",
    [
        "", "{}", "[" * 100_000, "[1]", '[{"data": {}}]', "\x00", '[{"a": 1, "label": "yes"}]',
        json.dumps([exported({"choices": ["perhaps"]})]),
        json.dumps([exported({"choices": ["yes", "no"]})]),
        json.dumps([exported({"choices": ["yes"]}, by=None)]),
        json.dumps([exported({"choices": ["yes"]}, kind="labels")]),
        json.dumps([exported({"choices": ["yes"]} | {})]).replace("sha256:s", "sha256:other"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_whole(tmp_path: Path, content: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataProblem) as caught:
        read_export(path, queue())
    assert caught.value.code in ("bad_json", "bad_export")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["data", "annotations", "result", "value", "choices", "completed_by",
                         "from_name", "type", "queue", "item", "x"]),
        inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@given(json_values, st.sampled_from(["data", "annotations"]))
def test_any_json_is_read_or_refused(tmp_path_factory: Any, value: Any, field: str) -> None:
    path = tmp_path_factory.mktemp("e") / "export.json"
    for content in (value, [value], [exported({"choices": ["yes"]}) | {field: value}]):
        path.write_text(json.dumps(content), encoding="utf-8")
        problem = refused(lambda: read_export(path, queue()))
        if problem is not None:
            assert problem.code == "bad_export"
        else:
            found = read_export(path, queue())
            assert all(one.value in (None, *queue().choices) for one in found)
