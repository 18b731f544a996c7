import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuneworthy.config.typed_file import check_typed, read_typed
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.base import Part


class Inner(Part):
    first: bool = False
    second: int = 0


class Outer(Part):
    inner: Inner
    names: tuple[str, ...] = ()
    note: str | None = None


def read(path: Path) -> Outer:
    return read_typed(Outer, path, make="write one", fix="mend it")


def problem_of(path: Path, text: str | bytes) -> ConfigProblem:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigProblem) as caught:
        read(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "inner: {first: true}\nnames: [x]\n"),
        ("a.yaml", "\ufeffinner: {first: true}\nnames: [x]\n"),
        ("a.json", '{"inner": {"first": true}, "names": ["x"]}'),
        ("a.json", '\ufeff{\n\t"inner": {"first": true},\n\t"names": ["x"]\n}\n'),
        ("a", '{\n\t"inner": {"first": true},\n\t"names": ["x"]\n}'),
        ("a.yml", '{"inner": {"first": true}, "names": ["x"]}'),
    ],
)
def test_yaml_and_json_give_the_same(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text.encode())
    assert read(path) == Outer(inner=Inner(first=True), names=("x",))


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.yaml", "inner: {fisrt: true}\n", "a.yaml:1:9: unknown setting 'inner.fisrt'"),
        ("a.yaml", "inner:\n  first: maybe\n", "a.yaml:2:10: 'inner.first' is 'maybe'"),
        ("a.yaml", "names: [x]\n", "a.yaml:1:1: 'inner' is missing"),
        ("a.json", '{"inner":\n\t{"second": "b"}}', "a.json:2:13: 'inner.second' is 'b'"),
        ("a.json", '{"inner": [1]}', "a.json:1:11: 'inner' is [1]"),
    ],
)
def test_wrong_values_have_their_place(tmp_path, name, text, said):
    problem = problem_of(tmp_path / name, text)
    assert problem.code == "bad_settings"
    assert said in problem.message
    assert problem.fix == "mend it"


def test_all_faults_are_told_at_once(tmp_path):
    problem = problem_of(tmp_path / "a.yaml", "iner: 1\ninner: {second: x}\nnames: {}\n")
    assert "has 3 faults" in problem.message
    assert "Did you mean 'inner'?" in problem.message


@pytest.mark.parametrize(
    ("name", "text", "code", "said"),
    [
        ("a.yaml", "", "empty_settings", "a.yaml is empty"),
        ("a.json", " \n", "empty_settings", "a.json is empty"),
        ("a.yaml", "# words\n", "bad_yaml", "holds no settings"),
        ("a.yaml", "- 1\n", "bad_yaml", "holds no settings"),
        ("a.json", "[1]", "bad_yaml", "holds no settings"),
        ("a.json", '{"inner": {"first": tr', "bad_json", "a.json:1:21 is not JSON"),
        ("a.json", "inner: {}\n", "bad_json", "a.json:1:1 is not JSON"),
        ("a.json", '{"inner": NaN}', "bad_json", "is not JSON"),
        ("a.json", '{"inner": ' + "9" * 5_000 + "}", "bad_json", "is not JSON"),
        ("a.json", "[" * 100_000, "bad_json", "is not JSON"),
        ("a.yaml", "inner: {first: [\n", "bad_yaml", "is not YAML"),
        ("a.yaml", "inner: {}\ninner: {}\n", "bad_yaml", "a.yaml:2:1: 'inner' stands there twice"),
        ("a.json", '{"inner": {},\n\t"inner": {}}', "bad_yaml", "a.json:2:2: 'inner' stands there"),
        ("a.yaml", b"inner: {}\nnote: \xff\n", "not_utf8", "is not UTF-8 (byte 16)"),
    ],
)
def test_broken_files(tmp_path, name, text, code, said):
    problem = problem_of(tmp_path / name, text)
    assert (problem.code, problem.exit_code) == (code, 2)
    assert said in problem.message


@pytest.mark.parametrize(
    ("name", "data", "fix"),
    [
        ("a.yaml", "inner: {}\n".encode("utf-16"), "iconv -f utf-16 -t utf-8"),
        ("a.yaml", "inner: {}\n".encode("utf-16-le"), "iconv -f utf-16le -t utf-8"),
        ("a.yaml", "inner: {}\n".encode("utf-16-be"), "iconv -f utf-16be -t utf-8"),
        ("a.yaml", "inner: {}\n".encode("utf-32"), "iconv -f utf-32 -t utf-8"),
        ("a.json", '{"inner": {}}'.encode("utf-16"), "iconv -f utf-16 -t utf-8"),
        ("a.yaml", b"note: caf\xe9\n", "iconv -f latin1 -t utf-8"),
        ("a.yaml", b"inner: " + b"[" * 9_000, "Flatten it"),
        ("a.json", b'{"inner": ' + b"[" * 200_000, "Flatten it"),
    ],
)
def test_a_file_in_the_wrong_form_is_told_how_to_mend_it(tmp_path, name, data, fix):
    problem = problem_of(tmp_path / name, data)
    assert fix in problem.fix
    assert problem.code == ("not_utf8" if "iconv" in fix else f"bad_{name[2:]}")
    assert ("Save it again as UTF-8" in problem.fix) is ("iconv" in fix)


def test_a_name_twice_is_refused_even_where_yaml_gives_no_place(tmp_path):
    long = "n" * 2_000
    twice = f'{{"{long}": 1, "{long}": 2}}'
    problem = problem_of(tmp_path / "a.json", twice)
    assert problem.exit_code == 2


def test_json_that_yaml_cannot_read_still_has_its_faults_told(tmp_path):
    text = json.dumps({"inner": {}, "n" * 2_000: 1})
    problem = problem_of(tmp_path / "a.json", text)
    assert problem.code == "bad_settings"
    assert "unknown setting" in problem.message


def test_missing_files_and_folders(tmp_path):
    for path, code in ((tmp_path / "none.yaml", "no_file"), (tmp_path, "unreadable")):
        with pytest.raises(ConfigProblem) as caught:
            read(path)
        assert caught.value.code == code


@pytest.mark.parametrize("values", [None, [], "words", 3, {1, 2}])
def test_a_program_must_hand_over_a_mapping(values):
    with pytest.raises(ConfigProblem, match="must be a mapping of names to values, not"):
        check_typed(Outer, values, what="the values", fix="mend it")


def test_values_of_a_program_have_no_place_but_every_fault(tmp_path):
    with pytest.raises(ConfigProblem) as caught:
        check_typed(Outer, {"inner": {"first": []}, 3: 4}, what="the values", fix="mend it")
    assert caught.value.message.splitlines() == [
        "The values have 2 faults.",
        "  'inner.first' is []. It must be true or false.",
        "  unknown setting '3'.",
    ]


def test_values_nested_without_end_are_refused():
    endless: dict[str, Any] = {}
    endless["inner"] = endless
    with pytest.raises(ConfigProblem, match="nested too deeply"):
        check_typed(Outer, endless, what="the values", fix="mend it")


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from("yj"))
def test_any_bytes_are_read_or_refused(tmp_path_factory, data, kind):
    path = tmp_path_factory.mktemp("any") / ("a.yaml" if kind == "y" else "a.json")
    path.write_bytes(data)
    said = ""
    try:
        found: Outer | None = read(path)
    except ConfigProblem as problem:
        found, said = None, problem.message
    assert isinstance(found, Outer) or str(path) in said
