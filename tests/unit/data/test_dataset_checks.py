import pytest

from tuneworthy.core.nouns.dataset import Finding
from tuneworthy.core.nouns.example import Example, Message, Provenance, RoleName
from tuneworthy.data import Setting, profile_of, screen, table_of

ROLE: dict[str, RoleName] = {"s": "system", "u": "user", "a": "assistant", "t": "tool"}


def chat(*turns: str, row: int = 1) -> Example:
    messages = tuple(Message(role=ROLE[t[0]], content=t[2:]) for t in turns)
    return Example(id=f"{row}", messages=messages, provenance=Provenance(source="f", row=row))


GOOD = chat("s:Be brief", "u:Where is it?", "a:In the drawer")


def found(*examples: Example) -> dict[str, Finding]:
    table = table_of(examples)
    return {hits.code: hits.finding(table) for hits in screen(table, Setting()) if len(hits.rows)}


def test_sound_rows_raise_nothing():
    calls = chat("u:Go", "a:call", "t:1", "t:2", "a:Done", row=2)
    assert found(GOOD, calls) == {}
    assert found() == {}


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("schema_error", chat("u:a", "u:b", "a:c")),
        ("schema_error", chat("a:a", "u:b", "a:c")),
        ("schema_error", chat("u:a", "s:b", "a:c")),
        ("empty_output", chat("u:a", "a: \n")),
        ("over_length", chat("u:" + "a" * 8001, "a:b")),
        ("encoding_damage", chat("u:Itâ€™s", "a:b")),
        ("encoding_damage", chat("u:cafÃ©", "a:b")),
        ("encoding_damage", chat("u:a", "a:b\ufffd")),
        ("encoding_damage", chat("u:a", "a:ג€“")),
        ("refusal_boilerplate", chat("u:a", "a:As an AI language model, I have no opinion.")),
        ("refusal_boilerplate", chat("u:a", "a:I’m sorry, but I can’t help with that.")),  # noqa: RUF001
        ("mixed_formats", chat("u:a", 'a:{"a": 1}')),
    ],
)
def test_each_fault_is_found_and_placed(code, bad):
    bad = bad.model_copy(update={"provenance": Provenance(source="f", row=9)})
    finding = found(GOOD, GOOD.model_copy(), bad)[code]
    assert finding.rows == ("f:9",)
    assert finding.count == 1
    assert finding.fix


@pytest.mark.parametrize(
    "text",
    ["Café à Genève, Ærø, naïve “quoted” €5", "Ã la carte?", "日本語 🎉", "tab\tand\nline"],
)
def test_sound_text_is_not_called_damaged(text):
    assert "encoding_damage" not in found(chat(f"u:{text}", "a:b"))


def test_conflicts_name_every_row_that_takes_part():
    rows = [chat("u:Turn it ON", "a:1", row=1), chat("u:turn it  on", "a:2", row=2)]
    finding = found(*rows, chat("u:Turn it off", "a:1", row=3))["conflict"]
    assert finding.rows == ("f:1", "f:2")
    other_system = chat("s:In French", "u:Turn it on", "a:3", row=4)
    assert "conflict" not in found(rows[0], other_system)


def test_a_finding_names_twenty_rows_and_counts_them_all():
    finding = found(*[chat("u:a", "a:", row=i) for i in range(50)])["empty_output"]
    assert len(finding.rows) == 20
    assert finding.count == 50


def test_the_profile_counts_what_is_there():
    text = "where the quick brown fox jumps over lazy dogs"
    rows = [chat(f"u:{text} {i}", 'a:{"n": 1}' if i else "a:text", row=i) for i in range(4)]
    profile = profile_of(
        table_of(rows),
        table_of([*rows, chat("u:something else entirely", "a:x", row=9)]).text("request"),
    )
    assert profile.rows == 4
    assert profile.characters_max == len(text) + 2 + 8
    assert profile.distinct_targets == 2
    assert profile.format_consistency == 0.75
    assert profile.diversity == pytest.approx(2 / 5)
