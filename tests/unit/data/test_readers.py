import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ConfigProblem, DataProblem, Problem
from tuneworthy.core.nouns.dataset import Fate
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.project import Source
from tuneworthy.data import Limits, ReadResult, read_source
from tuneworthy.methods.canonical import digest_bytes

LIMITS = Limits()
GOOD: dict[str, Any] = {"request": "Turn on the light", "target": "on"}


@pytest.fixture
def read(tmp_path):
    def run(data, name="rows.jsonl", limits=LIMITS, **source):
        path = tmp_path / name
        if isinstance(data, list):
            data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in data)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_source(path, Source(path=name, **source), limits=limits)

    return run


def turns(example: Example) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in example.messages]


def only_fate(result: ReadResult) -> Fate:
    (fate,) = result.fates
    return fate


SHAPES = {
    "messages": (
        {
            "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"role": "assistant", "content": "Hello"},
            ]
        },
        [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello")],
    ),
    "instruction/output": (
        {"instruction": "Translate", "input": "Haus", "output": "house"},
        [("user", "Translate\n\nHaus"), ("assistant", "house")],
    ),
    "prompt/completion": (
        {"prompt": "2+2=", "completion": " 4 "},
        [("user", "2+2="), ("assistant", " 4 ")],
    ),
    "request/target": (
        {"system": "s", "request": "Q", "target": {"a": 1.10, "b": [2]}},
        [("system", "s"), ("user", "Q"), ("assistant", '{"a": 1.1, "b": [2]}')],
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_read_and_named(read, shape):
    row, expected = SHAPES[shape]
    result = read([row])
    assert turns(result.examples[0]) == expected
    assert result.findings[0].message == f"rows.jsonl: rows read: 1 as {shape}."


def test_a_target_is_kept_to_the_letter(read):
    result = read('{"request": "x", "target": {"b":1.10,  "a": 1e3}}\n{"request":"y","target":3}')
    assert [e.target for e in result.examples] == ['{"b":1.10,  "a": 1e3}', "3"]


def test_provenance_says_where_a_row_comes_from(read):
    row = {"q": "What?", "a": "That", "service": "iam", "who": 7, "licence": "MIT"}
    columns = {
        "request": "q",
        "target": "a",
        "segment": "service",
        "subject": "who",
        "licence": "licence",
    }
    result = read([row, {**row, "licence": None}], columns=columns, licence="CC0", legal_basis="c")
    first, second = (example.provenance for example in result.examples)
    assert (first.source, first.row, first.segment, first.subject) == ("rows.jsonl", 1, "iam", "7")
    assert (first.licence, second.licence, first.legal_basis) == ("MIT", "CC0", "c")
    assert len({example.id for example in result.examples}) == 2


def test_the_digest_is_of_the_files_bytes(read):
    data = json.dumps(GOOD) + "\n"
    assert read(data).sha256 == digest_bytes(data.encode())


def test_tools_in_either_shape_and_as_text(read):
    bare = {"name": "f", "description": "d", "parameters": {"type": "object"}}
    whole = {"type": "function", "function": bare}
    rows = [{**GOOD, "tools": [bare]}, {**GOOD, "tools": [whole]}, {**GOOD, "functions": [bare]}]
    rows.append({**GOOD, "tools": json.dumps([whole])})
    assert [example.tools for example in read(rows).examples] == [(whole,)] * 4


def test_tool_calls_become_the_target(read):
    call = {"id": "1", "function": {"name": "f", "arguments": '{"b": 1, "a": "ü"}'}}
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
    ]
    (example,) = read([{"messages": messages}]).examples
    assert example.target == '{"name": "f", "arguments": {"b": 1, "a": "ü"}}'


@pytest.mark.parametrize(
    ("row", "code", "place"),
    [
        ('{"request": "half', "bad_json", "rows.jsonl:2 column 18"),
        ('{"request": "ü", x}', "bad_json", "rows.jsonl:2 column 18"),
        ("[1, 2]", "bad_row", "rows.jsonl:2 $"),
        ({"messages": []}, "no_messages", "rows.jsonl:2 $.messages"),
        ({"messages": "x"}, "bad_json", "$.messages"),
        ({"messages": [{"role": "usr", "content": ""}]}, "bad_role", "$.messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "bad_type", "$.messages[0].content"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "bad_type",
            "$.messages[0].content[0]",
        ),
        ({"messages": [{"role": "user", "content": "hi"}]}, "no_target", "$.messages[0].role"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "no_request", "$.messages"),
        ({"request": "a", "target": " \n"}, "empty_target", "$.target"),
        ({"request": "", "target": "b"}, "no_request", "$.request"),
        ({"request": "a", "target": None}, "empty_target", "$.target"),
        (
            {"question": "a", "answer": "b"},
            "unknown_shape",
            "columns: {request: question, target: a",
        ),
        ({**GOOD, "tools": [{"nome": "f"}]}, "bad_tools", "$.tools[0]"),
        ({**GOOD, "accepted": [1]}, "bad_accepted", "$.accepted"),
        ({**GOOD, "segment": {"a": 1}}, "bad_type", "$.segment"),
        ({**GOOD, "accepted": {"n": 2**60}}, "bad_value", "$"),
        ('{"request": "a\\ud800", "target": "b"}', "bad_", "rows.jsonl:2"),
        ({"request": "a" * 200_001, "target": "b"}, "too_long", "rows.jsonl:2 $: has 200,002"),
        ('{"a":' * 5000, "bad_json", "rows.jsonl:2"),
    ],
)
def test_a_bad_row_becomes_a_fate_with_its_place(read, row, code, place):
    text = row if isinstance(row, str) else json.dumps(row)
    result = read(f"{json.dumps(GOOD)}\n{text}\n{json.dumps(GOOD)}\n")
    fate = only_fate(result)
    assert fate.code.startswith(code)
    assert place in fate.reason
    assert (fate.source, fate.row, fate.action) == ("rows.jsonl", 2, "dropped")
    assert [example.provenance.row for example in result.examples] == [1, 3]
    assert result.rows == 3


def test_a_row_of_many_megabytes_is_dropped_without_being_held(read):
    giant = '{"request": "' + "a" * 4_000_000 + '", "target": "b"}'
    result = read(f"{giant}\n{json.dumps(GOOD)}\n{giant}", limits=Limits(characters=1000))
    assert [fate.code for fate in result.fates] == ["too_long"] * 2
    assert [fate.row for fate in result.fates] == [1, 3]
    assert result.examples[0].provenance.row == 2


def test_a_mark_at_the_start_and_blank_lines_do_not_matter(read):
    data = "\ufeff" + json.dumps(GOOD) + "\r\n\r\n" + json.dumps(GOOD)
    assert [e.provenance.row for e in read(data).examples] == [1, 3]


def test_fields_that_were_not_used_are_named(read):
    result = read([{**GOOD, "colour": 1}, {**GOOD, "age": 2}])
    assert result.findings[1].code == "unused_fields"
    assert "age, colour" in result.findings[1].message


@pytest.mark.parametrize(
    ("data", "name", "code", "kind", "said"),
    [
        ("", "rows.jsonl", "empty_file", DataProblem, "is empty"),
        ("\n \n", "rows.jsonl", "empty_file", DataProblem, "holds no rows"),
        ("a,b\n", "rows.csv", "missing_column", ConfigProblem, "no column 'request'"),
        ("request,target\n", "rows.csv", "empty_file", DataProblem, "holds no rows"),
        (b"{}\n{\xe9}\n", "rows.jsonl", "no_good_rows", DataProblem, "All 2 rows"),
        (b"request,t\xe9\n1,2", "rows.csv", "not_utf8", DataProblem, "rows.csv:1 is not UTF-8"),
        ("{}".encode("utf-16"), "rows.csv", "not_utf8", DataProblem, "rows.csv:1"),
        ("nonsense\nmore\n", "rows.jsonl", "no_good_rows", DataProblem, "All 2 rows"),
        (json.dumps([1, 2]), "rows.json", "no_good_rows", DataProblem, "is unusable"),
        ("x", "rows.xlsx", "unknown_format", ConfigProblem, ".xlsx"),
        (b"PAR1 cut short", "rows.parquet", "bad_parquet", DataProblem, "not a whole Parquet"),
        ("request,request\n1,2", "rows.csv", "bad_header", DataProblem, "twice: 'request'"),
    ],
)
def test_a_bad_file_is_refused(read, data, name, code, kind, said):
    with pytest.raises(kind) as caught:
        read(data, name)
    assert caught.value.code == code
    assert said in caught.value.message


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for name, code in (("none.jsonl", "no_source"), (".", "is_folder")):
        with pytest.raises(ConfigProblem) as caught:
            read_source(tmp_path / name, Source(path=name))
        assert caught.value.code == code


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_a_missing_column_names_those_there_and_the_nearest(read, tmp_path, name):
    rows = [{"Question": "a", "answer": "b"}]
    data = {"rows.csv": "Question,answer\na,b\n", "rows.jsonl": rows}.get(name)
    if data is None:
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
        data = (tmp_path / name).read_bytes()
    with pytest.raises(ConfigProblem) as caught:
        read(data, name, columns={"request": "question", "target": "answer"})
    assert caught.value.code == "missing_column"
    assert "'Question', 'answer'" in caught.value.why
    assert "Did you mean 'Question'?" in caught.value.fix


def test_an_unknown_field_in_the_mapping_is_refused(read):
    with pytest.raises(ConfigProblem, match="targt") as caught:
        read([GOOD], columns={"targt": "target"})
    assert "'target'" in caught.value.fix


def test_csv_records_are_numbered_by_the_line_they_start_on(read):
    data = 'request,target,segment\r\n"a\nb",1,x\r\nc,2\r\n"d ""e""",3,y\r\n"open,4,z\r\n'
    result = read(data, "rows.csv")
    assert [(e.provenance.row, e.request) for e in result.examples] == [(2, "a\nb"), (5, 'd "e"')]
    assert [(f.row, f.code) for f in result.fates] == [(4, "bad_csv"), (6, "bad_csv")]
    assert "never closed" in result.fates[1].reason


def test_csv_drops_a_giant_field_and_goes_on(read):
    before = csv.field_size_limit()
    data = "request\ttarget\n" + "a" * 900_000 + "\tb\nc\td\n"
    result = read(data, "rows.tsv", limits=Limits(characters=1000))
    assert only_fate(result).code == "too_long"
    assert result.examples[0].request == "c"
    assert csv.field_size_limit() == before


def test_parquet_rows_keep_their_nested_fields(read, tmp_path):
    tool = {"name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "string"}}}}
    rows: list[dict[str, Any]] = [
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
        {"messages": [{"role": "user", "content": "c"}]},
    ]
    rows[0]["tools"] = [tool]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    result = read((tmp_path / "in.parquet").read_bytes(), "rows.parquet")
    assert result.examples[0].tools == ({"type": "function", "function": tool},)
    assert only_fate(result).row == 2


def test_a_truncated_parquet_file_is_refused(read, tmp_path):
    pq.write_table(pa.Table.from_pylist([GOOD] * 100), tmp_path / "in.parquet")
    data = (tmp_path / "in.parquet").read_bytes()
    with pytest.raises(DataProblem, match="not a whole Parquet"):
        read(data[: len(data) // 2], "rows.parquet")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["messages", "role", "content", "request", "target", "tools", "accepted", "name"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
LINES = (
    st.just(json.dumps(GOOD).encode())
    | JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=30)
)
FILES = st.lists(LINES, max_size=6).map(b"\n".join) | st.binary(max_size=80)


def attempt(path: Path) -> tuple[ReadResult | None, Problem | None]:
    try:
        return read_source(path, Source(path=path.name)), None
    except Problem as problem:
        return None, problem


@given(
    data=FILES, name=st.sampled_from(["any.jsonl", "any.csv", "any.parquet"]), head=st.booleans()
)
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_give_a_problem_or_counts_that_add_up(tmp_path, data, name, head):
    path = tmp_path / name
    path.write_bytes(b"request,target\n" + data if head and name.endswith("csv") else data)
    result, problem = attempt(path)
    if result is None:
        assert problem is not None
        assert problem.code
        assert problem.message
    else:
        assert result.rows == len(result.examples) + len(result.fates) > 0
        assert all(fate.reason and fate.code for fate in result.fates)
        assert len({e.id for e in result.examples}) == len(result.examples)


@given(st.lists(st.tuples(st.text(min_size=1), st.text(min_size=1)), min_size=1, max_size=5))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_same_rows_read_the_same_from_every_format(tmp_path, pairs):
    rows = [{"request": "q" + ask, "target": "t" + answer} for ask, answer in pairs]
    text = io.StringIO()
    writer = csv.DictWriter(text, ["request", "target"], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    (tmp_path / "x.csv").write_bytes(text.getvalue().encode())
    (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    want = [("q" + ask, "t" + answer) for ask, answer in pairs]
    for name in ("x.csv", "x.jsonl", "x.parquet"):
        result = read_source(tmp_path / name, Source(path=name))
        assert [(e.request, e.target) for e in result.examples] == want
