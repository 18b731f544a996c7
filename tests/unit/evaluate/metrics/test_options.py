"""Options that do not fit are told before anything is run."""

from pathlib import Path
from typing import Any, get_args

import pytest

from tuneworthy.config.project_file import load_project
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.evaluate import SPECS, form_check, metric_of, options_of
from tuneworthy.methods.patterns import compiled


def test_every_name_has_its_metric():
    assert set(SPECS) == set(get_args(MetricName))


@pytest.mark.parametrize("name", sorted(SPECS))
def test_every_metric_says_what_it_is(name: MetricName) -> None:
    spec = SPECS[name]
    assert spec.scores.endswith(".")
    assert spec.source.endswith(".")
    assert spec.blind.endswith(".")
    if spec.ends == "json":
        # An answer that is cut off after its JSON must still have the form.
        assert spec.name.startswith(("json", "tool_call", "valid"))


ANCHORED = {"name": "right", "asks": "Is it?", "anchors": {"1": "no", "2": "yes"}}

BAD: list[tuple[str, dict[str, Any], str]] = [
    ("exact_match", {"case": True}, "there is no option 'case'; it has none"),
    ("normalised_match", {"punctuaton": 1}, "did you mean 'punctuation'?"),
    ("regex", {}, "the option 'pattern' is missing"),
    ("regex", {"pattern": ""}, "would match every answer"),
    ("regex", {"pattern": "("}, "no pattern that RE2 can read"),
    ("regex", {"pattern": "(?<=a)b"}, "no pattern that RE2 can read"),
    ("regex", {"pattern": r"(a)\1"}, "no pattern that RE2 can read"),
    ("number_match", {"tolerance": "wide"}, "tolerance: Input should be a valid number"),
    ("number_match", {"tolerance": -1}, "tolerance: "),
    ("classification", {"labels": ["a"]}, "labels: "),
    ("classification", {"labels": ["a", "A "]}, "stands there twice"),
    ("classification", {"labels": ["a", " "]}, "A label is blank"),
    ("json_schema", {"schema": {"type": "objec"}}, "It is no JSON Schema"),
    ("json_schema", {"schema": {"$ref": "https://example.org/s.json"}}, "which is not in it"),
    ("json_schema", {"schema": {"$ref": "#/$defs/none"}}, "which is not in it"),
    ("json_schema", {"schema": {"$ref": "#"}}, "refers to itself without end"),
    ("json_schema", {"schema": {"pattern": "(?=a)"}}, "no pattern that RE2 can read"),
    ("json_schema", {"schema": {"patternProperties": {"(?=a)": {}}}}, "RE2 can read"),
    ("terms", {}, "No rule is given"),
    ("terms", {"must": [" "]}, "A phrase is blank"),
    ("style", {}, "No rule is given"),
    ("style", {"ends_with": [""]}, "A phrase is blank"),
    ("length", {}, "No bound is given"),
    ("length", {"min_words": 3, "max_words": 2}, "min_words is above max_words"),
    ("rouge", {"variant": "rouge9"}, "variant: "),
    ("judge", {}, "the option 'criteria' is missing"),
    ("judge", {"criteria": []}, "criteria: "),
    ("judge", {"criteria": [ANCHORED, ANCHORED]}, "two criteria have one name"),
    ("judge", {"criteria": [{**ANCHORED, "anchors": {"2": "x", "3": "y"}}]}, "must begin at 1"),
    ("judge", {"criteria": [{**ANCHORED, "anchors": {"1": "x", "10": "y"}}]}, "anchors"),
]


@pytest.mark.parametrize(("name", "options", "told"), BAD)
def test_what_does_not_fit_is_told(name: MetricName, options: Any, told: str) -> None:
    for make in (metric_of, form_check):
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is looked at below
            make(MetricSettings(name=name, options=options))
        assert str(caught.value).startswith(f"{name}: ")
        assert told in str(caught.value)


def test_a_metric_without_its_tool_is_not_made():
    with pytest.raises(ValueError, match="needs the sentence embedder"):
        metric_of(MetricSettings(name="similarity"))
    with pytest.raises(ValueError, match="needs a judge of a project"):
        metric_of(MetricSettings(name="judge", options={"criteria": [ANCHORED]}))


def test_a_pattern_is_read_once():
    assert compiled("a+") is compiled("a+")


FILE = """\
name: demo
use_case: u
goal: format
metric: {metric}
metric_options:
  {options}
target: 0.8
sources: [{{path: a.jsonl}}]
"""


@pytest.mark.parametrize(
    ("metric", "options", "told"),
    [
        ("regex", "patern: x", "tuneworthy.yaml:6:3: unknown setting 'metric_options.patern'. Did "
         "you mean 'pattern'?"),
        ("regex", "patern: x", "'metric_options.pattern' is missing."),
        ("regex", "pattern: '(?=a)'", "tuneworthy.yaml:6:12: 'metric_options.pattern' is '(?=a)'. "
         "It is no pattern that RE2 can read"),
        ("number_match", "tolerance: wide", "tuneworthy.yaml:6:14: 'metric_options.tolerance' is "
         "'wide'. It must be a number."),
        ("json_schema", "schema: {type: objec}", "tuneworthy.yaml:6:11: 'metric_options.schema'"),
        ("json_schema", "shema: {}", "Did you mean 'schema'?"),
        ("terms", "terms: [{preferred: a}]", "'metric_options.terms.0.forbidden' is missing."),
    ],
)  # fmt: skip
def test_the_project_file_tells_the_place(
    tmp_path: Path, metric: str, options: str, told: str
) -> None:
    (tmp_path / "tuneworthy.yaml").write_text(FILE.format(metric=metric, options=options))
    with pytest.raises(ConfigProblem) as caught:
        load_project(tmp_path, options_of)
    assert told in caught.value.message


def test_options_that_fit_are_kept(tmp_path: Path) -> None:
    (tmp_path / "tuneworthy.yaml").write_text(FILE.format(metric="regex", options="pattern: '^a'"))
    project = load_project(tmp_path, options_of)
    assert project.scoring == MetricSettings(name="regex", options={"pattern": "^a"})
