"""tuneworthy.yaml and the files beside it: every fault at once, each with its place."""

import re
import string
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.config.project_file import (
    ALIASES,
    find_project,
    load_answers,
    load_arms,
    load_people,
    load_project,
)
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Project

GOOD = """\
name: calls
use_case: Turn a request into a call
goal: tool_calling
metric: json_match
target: 0.8
sources:
  - path: data/a.jsonl
training:
  learning_rate: 1.0e-3
"""


def write(folder: Path, text: str | bytes, name: str = "tuneworthy.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return path


def fault(folder: Path, text: str | bytes) -> ConfigProblem:
    write(folder, text)
    with pytest.raises(ConfigProblem) as found:
        load_project(folder)
    return found.value


def lines(problem: ConfigProblem) -> list[str]:
    return [line.strip() for line in problem.message.splitlines()[1:]]


def project(folder: Path) -> Project:
    write(folder, GOOD)
    return load_project(folder)


def test_a_good_file(tmp_path):
    found = project(tmp_path)
    assert (found.id, found.target, found.training.learning_rate) == ("calls", 0.8, 1e-3)


def test_the_nearest_folder_upwards_is_the_project(tmp_path):
    write(tmp_path, GOOD)
    (tmp_path / "data" / "deep").mkdir(parents=True)
    assert find_project(tmp_path / "data" / "deep") == tmp_path


def test_a_folder_that_is_not_there_is_not_looked_for_above(tmp_path):
    write(tmp_path, GOOD)
    with pytest.raises(ConfigProblem) as found:
        find_project(tmp_path / "typo")
    assert found.value.code == "no_folder"
    assert str(tmp_path / "typo") in found.value.message


def test_no_project_says_what_to_type(tmp_path):
    with pytest.raises(ConfigProblem) as found:
        find_project(tmp_path)
    assert found.value.code == "no_project"
    assert "tuneworthy init" in found.value.fix


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("name: calls\n  goal: [format\n", "tuneworthy.yaml:2:7"),
        ("name: 'calls\n", "tuneworthy.yaml:2:1"),
        ("name: a\nname: b\n", "tuneworthy.yaml:2:1"),
        ("a: 1\n---\nb: 2\n", "tuneworthy.yaml:2:1"),
        ("\tname: a\n", "tuneworthy.yaml:1:1"),
    ],
)
def test_what_is_not_yaml_is_named_by_line_and_column(tmp_path, text, place):
    problem = fault(tmp_path, text)
    assert problem.code == "bad_yaml"
    assert place in problem.message
    assert problem.fix


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "bad_yaml"),
        ("# only a comment\n", "bad_yaml"),
        ("- a\n- b\n", "bad_yaml"),
        ("just words\n", "bad_yaml"),
        ("day: 2001-99-99\n", "bad_yaml"),
        ("bell: \x07\n", "bad_yaml"),
        ("a: " + "[" * 1200 + "\n", "bad_yaml"),
        ("a: &a\n  b: *a\n", "bad_settings"),
        ("x: " + "y" * 1_000_001, "bad_yaml"),
        (GOOD.encode() + b"caf\xe9: 1\n", "not_utf8"),
        (GOOD.encode("utf-16"), "not_utf8"),
    ],
)
def test_what_holds_no_settings(tmp_path, text, code):
    problem = fault(tmp_path, text)
    assert problem.code == code
    assert str(tmp_path / "tuneworthy.yaml") in problem.message
    assert problem.fix


def test_aliases_that_multiply_are_refused_quickly(tmp_path):
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for n in range(1, 9):
        text += f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n"
    assert "alias" in fault(tmp_path, text).why


def test_every_fault_at_once_each_with_its_place(tmp_path):
    problem = fault(
        tmp_path,
        "name: calls\n"
        "use_case: x\n"
        "goal: formt\n"
        "metric: json_match\n"
        "target: high\n"
        "sorces: []\n"
        "sources:\n"
        "  - {licence: MIT}\n"
        "split: {by: duplicates, tset: 0.2}\n"
        "training: {lora_rank: many, epochs: 3}\n",
    )
    file = tmp_path / "tuneworthy.yaml"
    assert lines(problem) == [
        f"{file}:3:7: 'goal' is 'formt'. It must be 'knowledge', 'persona', 'format', "
        "'tool_calling', 'safety' or 'expertise'. Did you mean 'format'?",
        f"{file}:5:9: 'target' is 'high'. It must be a number.",
        f"{file}:8:5: 'sources.0.path' is missing.",
        f"{file}:9:25: unknown setting 'split.tset'. Did you mean 'test'?",
        f"{file}:10:23: 'training.lora_rank' is 'many'. It must be a whole number.",
        f"{file}:10:29: unknown setting 'training.epochs'. Did you mean 'num_train_epochs'?",
        f"{file}:6:1: unknown setting 'sorces'. Did you mean 'sources'?",
    ]
    assert "7 faults" in problem.message
    assert problem.fix == "Mend them, then: tuneworthy config check"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: calls", "name: 5", ":1:7: 'name' is 5. It must be text."),
        ("name: calls", 'name: ""', ":1:7: 'name' is ''. It must not be empty."),
        ("name: calls\n", "", ":1:1: 'name' is missing."),
        ("name: calls", "nam: calls", ":1:1: unknown setting 'nam'. Did you mean 'name'?"),
        ("target: 0.8", "target: .nan", ":5:9: 'target' is nan. It must be"),
        ("target: 0.8", "target: 80", ":5:9: 'target' is 80. It must be less than or equal to 1."),
        ("sources:\n  - path: data/a.jsonl", "sources: data/a.jsonl", "It must be a list."),
        ("sources:\n  - path: data/a.jsonl", "sources: []", "It must have at least one entry."),
        ("learning_rate: 1.0e-3", "lora_r: 0", ":9:11: 'training.lora_r' is 0. It must be greater"),
        ("learning_rate: 1.0e-3", "seed: -1", ":9:9: 'training.seed' is -1."),
        ("target: 0.8", "target: 0.8\nrollout: {stages: [500]}", "'rollout.stages.0' is 500."),
        ("target: 0.8", "target: 0.8\nrollout: {stages: []}", "'rollout.stages' is []."),
        ("target: 0.8", "target: 0.8\nsplit: half", "'split' is 'half'. It must be a mapping"),
        ("goal: tool_calling", "goal: " + "y" * 5000, "'goal' is 'yyyyy"),
    ],
)
def test_one_wrong_setting(tmp_path, old, new, said):
    assert old in GOOD
    problem = fault(tmp_path, GOOD.replace(old, new))
    assert said in problem.message
    assert len(problem.message) < 1000


@pytest.mark.parametrize(("theirs", "ours"), ALIASES.items())
def test_training_settings_under_the_names_of_other_tools(tmp_path, theirs, ours):
    value = "cosine" if "scheduler" in theirs else 17
    write(tmp_path, GOOD + f"  {theirs}: {value}\n")
    assert getattr(load_project(tmp_path).training, ours) == value


def test_one_setting_under_two_names_is_a_fault(tmp_path):
    problem = fault(tmp_path, GOOD + "  cutoff_len: 9\n  max_length: 8\nid: other\n")
    file = tmp_path / "tuneworthy.yaml"
    assert lines(problem) == [
        f"{file}:12:1: 'id' and 'name' are the same setting.",
        f"{file}:11:3: 'max_length' and 'cutoff_len' are the same setting.",
    ]


def test_a_setting_merged_in_has_the_place_of_the_merge(tmp_path):
    problem = fault(tmp_path, GOOD.replace("training:", "x: &x {lora_q: 1}\ntraining:\n  <<: *x"))
    assert any("unknown setting 'training.lora_q'" in line for line in lines(problem))
    assert all(re.match(r".*tuneworthy\.yaml:\d+:\d+: ", line) for line in lines(problem))


# -- the files beside it ----------------------------------------------------------------------


def test_an_unknown_kind_of_prompt_and_every_other_fault_of_the_file(tmp_path):
    found = project(tmp_path)
    write(
        tmp_path,
        "plain:\n  arm: zeroshot\n  usr: hi\nother: words\nlast:\n  user: '{request}'\n",
        "prompts.yaml",
    )
    with pytest.raises(ConfigProblem) as caught:
        load_arms(tmp_path, found)
    file = tmp_path / "prompts.yaml"
    assert lines(caught.value) == [
        f"{file}:2:8: plain: 'arm' is 'zeroshot'. It must be 'zero_shot', 'few_shot', "
        "'retrieval', 'decomposed', 'nearest_neighbour' or 'tuned'. Did you mean 'zero_shot'?",
        f"{file}:3:3: plain: unknown setting 'usr'. Did you mean 'user'?",
        f"{file}:4:1: 'other' must be a mapping. Give it at least 'arm:' and 'user:'.",
        f"{file}:6:3: last: 'arm' is missing.",
    ]


def test_prompts_that_are_missing_say_how_to_get_some(tmp_path):
    with pytest.raises(ConfigProblem) as caught:
        load_arms(tmp_path, project(tmp_path))
    assert caught.value.code == "no_file"
    assert "tuneworthy init" in caught.value.fix


def test_an_unknown_role_of_a_person(tmp_path):
    found = project(tmp_path)
    text = (
        "ana: {name: Ana, roles: [data_stewart], public_key: aa}\nbo: {name: Bo, roles: []}\n"
        "cy: 5\n"
    )
    write(tmp_path, text, "people.yaml")
    with pytest.raises(ConfigProblem) as caught:
        load_people(tmp_path, found)
    said = lines(caught.value)
    file = tmp_path / "people.yaml"
    assert said[0].startswith(f"{file}:1:26: ana: 'roles.0' is 'data_stewart'.")
    assert said[0].endswith("Did you mean 'data_steward'?")
    assert said[1] == f"{file}:2:5: bo: 'public_key' is missing."
    assert said[2].startswith(f"{file}:3:1: 'cy' must be a mapping.")


def test_faults_of_the_answers(tmp_path):
    found = project(tmp_path)
    write(tmp_path, "factors: {C1: maybe, C9: true}\nstrategic_value: 9\n", "answers.yaml")
    with pytest.raises(ConfigProblem) as caught:
        load_answers(tmp_path, found)
    file = tmp_path / "answers.yaml"
    assert lines(caught.value) == [
        f"{file}:1:15: 'factors.C1' is 'maybe'. It must be true or false.",
        f"{file}:1:22: unknown setting 'factors.C9'.",
        f"{file}:2:18: 'strategic_value' is 9. It must be less than or equal to 5.",
    ]


def test_an_answer_that_is_left_blank_is_not_known(tmp_path):
    found = project(tmp_path)
    text = "factors:\n  C1:\n  C2: true\nquestions:\n  N1:\nstrategic_value:\n"
    write(tmp_path, text, "answers.yaml")
    said = load_answers(tmp_path, found)
    assert (said.factors, said.questions, said.strategic_value) == ({"C2": True}, {}, 0)
    write(tmp_path, "factors:\nquestions: null\n", "answers.yaml")
    assert load_answers(tmp_path, found).factors == {}
    write(tmp_path, "factors: {C9: null}\n", "answers.yaml")
    with pytest.raises(ConfigProblem, match=r"unknown setting 'factors\.C9'"):
        load_answers(tmp_path, found)


@pytest.mark.parametrize("text", ["", "# nobody yet\n"])
def test_no_people_and_no_answers_are_no_fault(tmp_path, text):
    found = project(tmp_path)
    assert load_people(tmp_path, found) == []
    assert load_answers(tmp_path, found).factors == {}
    write(tmp_path, text, "people.yaml")
    write(tmp_path, text, "answers.yaml")
    assert load_people(tmp_path, found) == []
    assert load_answers(tmp_path, found).factors == {}


# -- any text ---------------------------------------------------------------------------------

WORDS = st.sampled_from(
    ["name", "goal", "target", "training", "lora_rank", "sources", "path", "format", "0.8", ".inf"]
)
MARKS = st.sampled_from([": ", ":\n  ", "\n", "- ", "&a ", "*a", "<<: ", "!!set ", "{", "}", "[",
                         "]", "? ", "| ", "'", '"', "#", "%", "---\n", "\t", "0x", "1e9",
                         "2001-02-30", "!x ", "~", "null", "\ufeff", "\x85"])  # fmt: skip
YAMLISH = st.lists(st.one_of(WORDS, MARKS, st.text(max_size=4)), max_size=30).map("".join)
ANY = st.one_of(st.text(), st.text(string.printable), YAMLISH, YAMLISH.map(GOOD.__add__))


def attempt(load: Callable[[], object]) -> ConfigProblem | None:
    try:
        load()
    except ConfigProblem as problem:
        return problem
    return None


@given(text=ANY)
@settings(max_examples=250, deadline=None)
def test_any_text_is_a_project_or_a_problem_with_a_place(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / "any-text"
    folder.mkdir(exist_ok=True)
    path = write(folder, text)
    problem = attempt(lambda: load_project(folder))
    if problem is not None:
        assert str(path) in problem.message
        assert problem.fix
        if problem.code == "bad_settings":
            place = re.compile(rf"{re.escape(str(path))}:\d+:\d+: ")
            assert all(place.match(line) for line in lines(problem))


@given(text=ANY)
@settings(max_examples=100, deadline=None)
def test_any_text_beside_it_is_read_or_a_problem_with_a_place(tmp_path_factory, text):
    folder = tmp_path_factory.getbasetemp() / "any-text"
    folder.mkdir(exist_ok=True)
    found = project(folder)
    for name, load in (
        ("people.yaml", load_people),
        ("prompts.yaml", load_arms),
        ("answers.yaml", load_answers),
    ):
        path = write(folder, text, name)
        problem = attempt(partial(load, folder, found))
        if problem is not None:
            assert str(path) in problem.message
            assert problem.fix
