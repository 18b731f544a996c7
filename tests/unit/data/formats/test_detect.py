"""What a file most likely holds, before anybody has mapped anything."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tuneworthy.data.formats.detect import detect, mapping_lines
from tuneworthy.data.preview import preview

CHAT = {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}


def test_the_most_frequent_format_is_named_with_its_share():
    found = detect([CHAT, CHAT, {"prompt": "p", "completion": "c"}, {"messages": []}])
    assert (found.format, found.share) == ("messages", 0.5)
    assert found.preview == (("user", "q"), ("assistant", "a"))
    assert found.mapping == ""
    assert found.reasons == ("$.messages: holds no turns",)


def test_names_that_people_use_are_mapped():
    found = detect([{"Question": "q", "answer": "a", "id": 1}] * 3)
    assert (found.format, found.share) == ("request/target", 1.0)
    assert YAML(typ="safe").load(found.mapping) == {
        "columns": {"request": "Question", "target": "answer"}
    }
    assert found.preview == (("user", "q"), ("assistant", "a"))


@pytest.mark.parametrize("sample", [[], [{}], [{"a": 1}], [{"question": "x"}]])
def test_what_is_not_known_is_said_to_be_so(sample):
    found = detect(sample)
    assert (found.format, found.share, found.preview) == ("", 0.0, ())


@given(st.dictionaries(st.sampled_from(["request", "target"]), st.text(min_size=1), min_size=1))
@settings(max_examples=200, deadline=None)
def test_a_mapping_is_yaml_whatever_the_names(columns):
    assert YAML(typ="safe").load(mapping_lines(columns)) == {"columns": columns}


def test_a_preview_reads_a_file_without_a_mapping(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("question,answer\n=q,a\nx\n")
    seen = preview(path)
    assert (seen.rows, seen.fields) == (2, ("question", "answer"))
    assert seen.detection.format == "request/target"
    assert seen.detection.preview == (("user", "=q"), ("assistant", "a"))
    assert seen.faults == (f"{path}:3 has 1 fields; the header has 2",)


def test_a_preview_looks_at_the_first_rows_alone(tmp_path):
    path = tmp_path / "x.jsonl"
    path.write_text("\n".join([json.dumps(CHAT)] * 500))
    assert preview(path).rows == 200
