import json
from typing import Any

import pytest
from hypothesis import example as case
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.methods.test_pii_gate import SEEDS
from tuneworthy.core.nouns.example import Example, Message, Provenance
from tuneworthy.data.redact import Redaction, findings, redact_text, redact_texts
from tuneworthy.data.redact_row import redact_example, redact_row
from tuneworthy.data.scan import scan

KEY = b"a key of 16 byte"
MODES = ["redact", "mask", "pseudonymise"]
PIECES = (
    st.sampled_from(SEEDS) | st.text(max_size=3) | st.sampled_from(list(" ,.-/()\n\\\"'{}[]:@+1"))
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)
VALUES = st.recursive(
    TEXTS | st.integers() | st.sampled_from([4539578763621486, 4915112345678]) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("mode", MODES)
@given(text=TEXTS)
@settings(max_examples=250, deadline=None)
def test_nothing_high_is_left_and_twice_is_once(mode, text):
    how = Redaction(mode, KEY)
    new, changes = redact_text(text, how)
    if new is None:
        return
    assert not findings(new[""])
    assert redact_text(new[""], how) == (new, [])
    assert changes or new[""] == text


@pytest.mark.parametrize("mode", MODES)
def test_each_seed_by_itself_can_be_mended(mode):
    for seed in SEEDS:
        new, _ = redact_text(f"well, {seed} then", Redaction(mode, KEY, least="low"))
        assert new is not None
        assert new[""].startswith("well, ")
        assert seed not in new[""]


@pytest.mark.parametrize("mode", MODES)
@given(value=VALUES, ascii_only=st.booleans())
@settings(max_examples=150, deadline=None)
@case(value={"a": "x\njane@firm.io"}, ascii_only=True)
@case(value=[4539578763621486, "é jane@firm.io"], ascii_only=True)
def test_json_stays_json_of_the_same_shape(mode, value, ascii_only):
    text = json.dumps({"v": value}, ensure_ascii=ascii_only)
    new, _ = redact_text(text, Redaction(mode, KEY))
    if new is not None:
        assert shape(json.loads(new[""])) == shape(json.loads(text))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return [shape(item) for item in value.values()] if len(value) < 2 else "object"
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value)


def test_an_escape_neither_hides_nor_lends_a_letter():
    text = '{"a": "hello\\njane@firm.io", "b": "jane\\u0040firm.io"}'
    new, _ = redact_text(text, Redaction())
    assert new == {"": '{"a": "hello\\n[EMAIL]", "b": "[EMAIL]"}'}


@pytest.mark.parametrize("mode", MODES)
def test_request_and_tool_call_agree(mode):
    request = "Send it to Jane@firm.io and call me at +49 30 901820."
    call = '{"name": "send", "arguments": {"to": "jane@firm.io", "phone": "+4930901820", "n": 2}}'
    example = Example(
        id="sha256:0",
        messages=(Message(role="user", content=request), Message(role="assistant", content=call)),
        accepted={"to": ["jane@firm.io"], "phone": ["+4930901820"]},
        provenance=Provenance(source="a.jsonl", row=0),
    )
    new, changes = redact_example(example, Redaction(mode, KEY))
    assert new is not None
    assert new.id.startswith("sha256:")
    assert new.id != example.id
    assert not [hit for hit in scan(new) if hit.high]
    arguments = json.loads(new.target)["arguments"]
    assert new.accepted == {"to": [arguments["to"]], "phone": [arguments["phone"]]}
    assert arguments["n"] == 2
    if mode != "mask":  # a mask shows the spelling of each
        assert arguments["to"] in new.request
        assert arguments["phone"] in new.request
    assert {c.path for c in changes} == {
        "$.messages[0].content", "$.messages[1].content", "$.accepted.to[0]", "$.accepted.phone[0]",
    }  # fmt: skip


def test_an_example_with_nothing_to_redact_is_the_same_object():
    example = Example(
        id="sha256:0",
        messages=(Message(role="user", content="hi"), Message(role="assistant", content="ho")),
        provenance=Provenance(source="a.jsonl", row=0),
    )
    assert redact_example(example, Redaction()) == (example, [])


def test_a_change_says_where_and_never_what():
    text = "mail jane@firm.io now"
    new, (change,) = redact_text(text, Redaction())
    assert new == {"": "mail [EMAIL] now"}
    assert (change.start, change.end, change.new_start, change.new_end) == (5, 17, 5, 12)
    assert "jane" not in repr(change)
    assert b"key".decode() not in repr(Redaction("pseudonymise", b"key" * 6))


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_a_row_keeps_its_shape_and_the_places_hold(value):
    new, changes = redact_row(value, Redaction())
    if new is None:
        return
    assert shape(new) == shape(value)
    assert redact_row(new, Redaction()).changes == []
    assert changes or new == value


def test_the_same_person_is_the_same_in_every_row():
    how = Redaction("pseudonymise", KEY)
    first, _ = redact_text("from JANE@firm.io", how)
    second, _ = redact_text("to jane@firm.io, bob@firm.io", how)
    assert first
    assert second
    stand_in = first[""].removeprefix("from ")
    assert second[""].startswith(f"to {stand_in}, person-")
    assert second[""].count(stand_in) == 1


def test_low_findings_stay_unless_asked_for():
    assert redact_text("at 8.8.4.4", Redaction()).texts == {"": "at 8.8.4.4"}
    assert redact_text("at 8.8.4.4", Redaction(least="low")).texts == {"": "at [IPV4]"}


def test_a_value_named_in_one_text_is_known_in_the_others():
    texts = {"q": "call me at 736-5000", "a": "I will ring 7365000 or 736-5000, in total 87365000."}
    new, _ = redact_texts(texts, Redaction())
    assert new == {
        "q": "call me at [PHONE]",
        "a": "I will ring [PHONE] or [PHONE], in total 87365000.",
    }


def test_pseudonyms_need_a_key():
    with pytest.raises(ValueError, match="16 bytes"):
        Redaction("pseudonymise")
