"""Other tools' tasks as suites: what is carried over, what is dropped, and what is refused."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.adapters import render_template
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.evaluate import metric_of
from tuneworthy.evaluate.converters import (
    Unsupported,
    choose_eval,
    data_files,
    from_inspect,
    from_lm_eval,
    from_openai_evals,
)

GSM8K = {
    "task": "gsm8k",
    "output_type": "generate_until",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_target": "{{answer}}",
    "num_fewshot": 5,
    "metric_list": [
        {
            "metric": "exact_match",
            "ignore_case": True,
            "regexes_to_ignore": [",", "\\$", "(?s).*#### ", "\\.$"],
        }
    ],
    "generation_kwargs": {"until": ["Question:"], "do_sample": False, "temperature": 0.0},
    "filter_list": [
        {
            "name": "strict-match",
            "filter": [
                {"function": "regex", "regex_pattern": "#### (\\-?[0-9\\.\\,]+)"},
                {"function": "take_first"},
            ],
        },
        {
            "name": "flexible-extract",
            "filter": [
                {
                    "function": "regex",
                    "group_select": -1,
                    "regex_pattern": "(-?[$0-9.,]{2,})|(-?[0-9]+)",
                },
                {"function": "take_first"},
            ],
        },
    ],
}
ARC = {
    "task": "arc_easy",
    "output_type": "multiple_choice",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_target": "{{choices.label.index(answerKey)}}",
    "doc_to_choice": "{{choices.text}}",
    "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}],
}
ARC_ROW = {
    "question": "What melts?",
    "choices": {"text": ["stone", "ice"], "label": ["A", "B"]},
    "answerKey": "B",
}
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=6,
)


def row_of(*names: str) -> Any:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, ANY))


def test_the_harness_filters_are_steps_of_one_metric_each():
    rows = [
        {"question": "2 + 2?", "answer": "2 and 2.\n#### 4"},
        {"question": "A thousand?", "answer": "#### 1,000"},
        {"question": "2 + 2?", "answer": "2 and 2.\n#### 4"},
        {"answer": "#### 4"},
    ]
    made = from_lm_eval(GSM8K, rows, render_template)
    assert [(c.id, c.request, c.expected) for c in made.cases] == [
        ("gsm8k-1", "Question: 2 + 2?\nAnswer:", "2 and 2.\n#### 4"),
        ("gsm8k-2", "Question: A thousand?\nAnswer:", "#### 1,000"),
    ]
    assert made.dropped == [
        "row 3: it asks and expects the same as row 1",
        "row 4: 'question' is undefined",
    ]
    strict, flexible = (metric_of(MetricSettings(**m)) for m in made.settings["metrics"])
    thousand = made.cases[1]
    for output, marks in (
        ("So #### 1,000.", (1, 1)),
        ("It is $1,000. Question: 7?", (0, 1)),
        ("#### 7 Question: #### 1000", (0, 0)),
        ("1,000 or 7", (0, 0)),
    ):
        assert (strict(output, thousand).score, flexible(output, thousand).score) == marks
    assert made.settings["max_new_tokens"] == 256
    assert any("num_fewshot" in note for note in made.notes)
    assert any("strict-match, flexible-extract" in note for note in made.notes)


def test_the_harness_choices_are_choices():
    made = from_lm_eval(ARC, [ARC_ROW, {**ARC_ROW, "answerKey": "C"}], render_template)
    (case,) = made.cases
    assert (case.expected, case.choices) == ("ice", ("stone", "ice"))
    assert len(made.dropped) == 1
    assert made.settings["metrics"] == [{"name": "exact_match"}]


@pytest.mark.parametrize(
    ("target", "choices", "expected"),
    [
        (0, ["no", "yes"], "no"),
        ("label", ["no", "yes"], "yes"),
        ("{{label}}", "words", "yes"),
        ("{{['no', 'yes'][label]}}", ["no", "yes"], "yes"),
        ("label", {"a": "no", "b": "yes"}, "yes"),
    ],
)
def test_a_right_choice_is_named_by_place_or_by_text(target, choices, expected):
    task = {**ARC, "doc_to_text": "text", "doc_to_target": target, "doc_to_choice": choices}
    row = {"text": "Is it?", "label": 1, "words": ["no", "yes"]}
    (case,) = from_lm_eval(task, [row], render_template).cases
    assert case.expected == expected


def test_several_right_answers_and_a_description_are_carried_over():
    task = {
        "task": "trivia",
        "description": "Answer briefly.",
        "doc_to_text": "Q: {{q}}\nA:",
        "doc_to_target": "{{answers}}",
        "generation_kwargs": {"max_gen_toks": 32},
        "metric_list": [{"metric": "exact_match", "ignore_punctuation": True}, {"metric": "f1"}],
    }
    row = {"q": "Who?", "answers": ["Ann", "Bo", "Ann"]}
    made = from_lm_eval(task, [row], render_template)
    (case,) = made.cases
    assert (case.request, case.expected) == ("Q: Who?\nA:", "Ann")
    assert [(turn.role, turn.content) for turn in case.turns] == [("system", "Answer briefly.")]
    assert case.references == ("Bo",)
    assert made.settings["max_new_tokens"] == 32
    # Nothing says where an answer ends: there it ends between two worked examples.
    options = {"until": ["\n\n"], "punctuation": "dropped"}
    assert made.settings["metrics"] == [{"name": "text_match", "options": options}]
    assert "the metric 'f1' is left out" in made.notes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"process_docs": {"!function": "utils.docs"}}, "'process_docs' is Python code"),
        ({"doc_to_text": {"!function": "utils.text"}}, "'doc_to_text' is Python code"),
        ({"filter_list": [{"filter": [{"function": {"!function": "u.F"}}]}]}, "'filter_list'"),
        ({"filter_list": [{"filter": [{"function": "majority_vote"}]}]}, "'majority_vote'"),
        ({"output_type": "loglikelihood_rolling"}, "'loglikelihood_rolling' is not one of"),
        ({"task": ["a", "b"]}, "groups of tasks"),
        ({"doc_to_target": None}, "'doc_to_target' is missing"),
        ({"metric_list": [{"metric": "libra_score"}]}, "none of its metrics is known"),
        (
            {"filter_list": [{"filter": [{"function": "regex", "regex_pattern": "(?=x)"}]}]},
            "no pattern that RE2 can read",
        ),
        (
            {"filter_list": [{"filter": [{"function": "regex", "group_select": "last"}]}]},
            "'group_select' is no number",
        ),
    ],
)
def test_what_cannot_be_carried_over_is_refused_by_name(change, said):
    rows = [{"question": "2 + 2?", "answer": "#### 4"}]
    with pytest.raises(Unsupported, match=said):
        from_lm_eval({**GSM8K, **change}, rows, render_template)


@pytest.mark.parametrize(
    ("task", "files"),
    [
        ({"dataset_path": "json", "dataset_kwargs": {"data_files": "a.jsonl"}}, ("a.jsonl",)),
        (
            {
                "dataset_path": "csv",
                "validation_split": "dev",
                "dataset_kwargs": {"data_files": {"train": "t.csv", "dev": ["d.csv", "e.csv"]}},
            },
            ("d.csv", "e.csv"),
        ),
        ({"dataset_path": "data/rows.jsonl"}, ("data/rows.jsonl",)),
    ],
)
def test_local_data_are_found(task, files):
    assert data_files(task) == files


@pytest.mark.parametrize(
    "task",
    [
        {"dataset_path": "openai/gsm8k", "test_split": "test"},
        {"dataset_path": "json"},
        {"dataset_path": "json", "test_split": "x", "dataset_kwargs": {"data_files": {"y": "z"}}},
    ],
)
def test_data_that_are_elsewhere_are_asked_for(task):
    with pytest.raises(Unsupported):
        data_files(task)


def test_inspect_rows_are_read_as_inspect_reads_them():
    rows: list[dict[str, Any]] = [
        {"id": 7, "input": "What melts?", "target": "B", "choices": ["stone", "ice"]},
        {"input": "Which?", "target": "A", "choices": "one, two"},
        {"input": "Which of these?", "target": ["A", "B"], "choices": ["one", "two"]},
        {"input": "Which now?", "target": "C", "choices": ["one", "two"]},
    ]
    made = from_inspect(rows)
    assert [(c.id, c.expected, c.choices) for c in made.cases] == [
        ("7", "ice", ("stone", "ice")),
        ("2", "one", ("one", "two")),
    ]
    assert [line[:6] for line in made.dropped] == ["row 3:", "row 4:"]


def test_an_inspect_conversation_keeps_its_turns():
    said = [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Yes?"},
        {"role": "user", "content": "Name it."},
    ]
    made = from_inspect(
        [{"input": said, "target": ["it", "that"], "metadata": {"x": 1}}], "includes"
    )
    (case,) = made.cases
    assert (case.request, case.expected, case.references) == ("Name it.", "it", ("that",))
    assert [turn.role for turn in case.turns] == ["system", "user", "assistant"]
    (metric,) = made.settings["metrics"]
    assert metric_of(MetricSettings(**metric))("Take IT.", case).score == 1
    assert made.notes == ["columns left out: metadata"]
    with pytest.raises(Unsupported, match="model_graded_qa"):
        from_inspect([], "model_graded_qa")


REGISTRY = {
    "shapes": {"id": "shapes.dev.v0", "metrics": ["accuracy"]},
    "shapes.dev.v0": {
        "class": "evals.elsuite.basic.includes:Includes",
        "args": {"samples_jsonl": "shapes/samples.jsonl", "ignore_case": True},
    },
}


def test_an_openai_eval_is_found_in_its_registry():
    for name in ("", "shapes", "shapes.dev.v0"):
        found = choose_eval(REGISTRY, name)
        assert (found.kind, found.samples) == ("includes", "shapes/samples.jsonl")
    for bad in ({}, {"a": {"class": "evals.elsuite.modelgraded.classify:ModelBasedClassify"}}):
        with pytest.raises(Unsupported):
            choose_eval(bad)


def test_openai_samples_are_cases():
    rows: list[dict[str, Any]] = [
        {
            "input": [
                {"role": "system", "content": "Say yes or no."},
                {"role": "system", "name": "example_user", "content": "Is 1 < 2?"},
                {"role": "system", "name": "example_assistant", "content": "yes"},
                {"role": "user", "content": "Is 3 < 2?"},
            ],
            "ideal": ["no", "No"],
        },
        {"input": [{"role": "system", "content": "Say it."}], "ideal": "it"},
        {"input": "What?", "ideal": ""},
        {"input": "What?"},
    ]
    made = from_openai_evals(rows, "includes", "shapes", {"ignore_case": True})
    assert [case.request for case in made.cases] == ["Is 3 < 2?", "Say it."]
    assert [turn.role for turn in made.cases[0].turns] == ["system", "user", "assistant"]
    (metric,) = made.settings["metrics"]
    assert metric_of(MetricSettings(**metric))("NO way", made.cases[0]).score == 1
    assert made.dropped == ["row 3: it has no right answer", "row 4: it has no 'ideal'"]


@given(st.lists(row_of("input", "ideal", "id"), max_size=4))
def test_every_openai_row_is_a_case_or_has_a_reason(rows):
    made = from_openai_evals(rows, "json")
    assert len(made.cases) + len(made.dropped) == len(rows)
    assert len({case.id for case in made.cases}) == len(made.cases)


@given(st.lists(row_of("input", "target", "id", "choices", "metadata"), max_size=4))
def test_every_inspect_row_is_a_case_or_has_a_reason(rows):
    made = from_inspect(rows)
    assert len(made.cases) + len(made.dropped) == len(rows)
    assert all(case.request.strip() for case in made.cases)


@given(st.lists(row_of("question", "answer", "choices", "answerKey"), max_size=3))
def test_every_row_of_the_harness_is_a_case_or_has_a_reason(rows):
    task = {**GSM8K, "filter_list": None, "metric_list": None}
    for one in (task, ARC):
        made = from_lm_eval(one, rows, render_template)
        assert len(made.cases) + len(made.dropped) == len(rows)


@given(st.dictionaries(st.sampled_from(sorted(GSM8K)), ANY))
def test_a_broken_task_is_refused_and_no_more(change):
    made = None
    with suppress(Unsupported):
        made = from_lm_eval(
            {**GSM8K, **change}, [{"question": "q", "answer": "1"}], render_template
        )
    assert made is None or len(made.cases) + len(made.dropped) == 1


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ x.__init__.__globals__ }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% for i in range(10 ** 9) %}a{% endfor %}",
        "{% include '/etc/passwd' %}",
        "{{ missing }}",
        "{{",
        "{{ 1 / 0 }}",
        "{{ x.append(1) }}",
    ],
)
def test_a_template_reads_nothing_but_its_row(template):
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        render_template(template, {"x": [1]})
