"""A rubric is data: every fault is found at once, each with its line; nothing faulty is used."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.assess import (
    Predicate,
    RubricFaults,
    read_rubric,
    shipped_rubric,
    shipped_text,
)
from tuneworthy.cli.known_commands import command_fault

TEXT = shipped_text()
FIRST = "[[predicate]]"


def faults(text: str) -> list[str]:
    with pytest.raises(RubricFaults) as found:
        read_rubric(text)
    return [f"{line}: {said}" for line, said in found.value.faults]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def without_level(dimension: str, level: int) -> str:
    head, *tables = TEXT.split(FIRST)
    wanted = f'dimension = "{dimension}"\nlevel = {level}\n'
    return FIRST.join([head, *(t for t in tables if wanted not in t)])


def one(old: str, new: str, text: str = TEXT) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize("dimension", ["D1", "D2", "D3", "D4", "D5", "D6"])
@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_a_level_without_predicates_would_be_a_gift(dimension: str, level: int) -> None:
    (said,) = faults(without_level(dimension, level))
    assert f"{dimension} has no predicate of level {level}" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (one('id = "D1.2.factors"', 'id = "D1.2.target"'), "predicate D1.2.target stands twice"),
        (one('id = "D2"\nname', 'id = "D1"\nname'), "dimension D1 stands twice"),
        (one('id = "D2"\nname', 'id = "D1"\nname'), "dimension D2 is missing"),
        (one('dimension = "D1"', 'dimension = "D7"'), "D1.2.target: dimension must be 'D1'"),
        (one('gate = "build"', 'gate = "start"'), "gate start stands twice"),
        (one('gate = "build"', 'gate = "built"'), "built: gate must be 'start'"),
        (one('dimensions = ["D6"]', 'dimensions = ["D3"]'), "no gate needs D6"),
        (one("'n >= 50'", "'n is 50'"), "not a condition: 'n is 50'"),
        (one("'n >= 50'", "'n >= -Infinity'"), "not a value: '-Infinity'"),
        (one("'n >= 50'", "'n >= nan'"), "nan compares with nothing"),
        (one("'n >= 50'", "'n >= NaN or n < Infinity'"), "NaN compares with nothing"),
        (one("'n >= 50'", "'n >= 1e999'"), "not a value: '1e999'"),
        ("a = " + "[" * 9_000, "nested too deeply: flatten it"),
        (one("@approach_minimum", "@aproach"), "@aproach in 'rows >= @aproach' is not known"),
        (one("level = 2", "level = 1"), "D1.2.target: level must be greater than or equal to 2"),
        (one("level = 2\n", ""), "D1.2.target: 'level' is missing"),
        (one("pick =", "pickk ="), "unknown setting 'pickk', did you mean 'pick'?"),
        (one("version = 1", "version = 0"), "version must be a whole number from 1 on"),
        (one("version = 1", "version = true"), "version must be a whole number"),
        (one("version = 1\n", ""), "'version' is missing"),
        (one("version = 1", 'version = 1\nowner = "me"'), "unknown setting 'owner'"),
        (one("version = 1", "version = "), "not TOML: Invalid value"),
        (one('answers = ["E6"]', 'answers = ["E66"]'), "no such question: E66"),
        (one('about = "answers"', 'about = "answers"\ncount = 2'), "'count' above 1 needs pick"),
        (one("max_age_days = 90", "max_age_days = -1"), "max_age_days must be greater than"),
        (
            one('grade = "measured"\nsubject = "model"', 'grade = "attested"\nsubject = "model"'),
            "a document supports level 3 at most",
        ),
        (
            one('id = "D1.4.price"', 'id = "D1.4.price"\nor_about = "document.x"'),
            "a signed waiver supports level 3 at most",
        ),
        (
            one(
                'about = "data.leakage"',
                'about = "answers"\nanswers = ["E5"]',
            ),
            "answers support level 2 at most",
        ),
        (
            one('about = "costs.break_even"', 'about = "costs.break_even"\nbefore = "train.run"'),
            "'before' needs a subject",
        ),
        (
            one('about = "ceiling.summary"', 'about = "ceiling.summary"\nbefore="ceiling.summary"'),
            "ceiling.summary would have to be older than itself",
        ),
        (TEXT.split(FIRST)[0], "there is no [[predicate]] table"),
        ("", "'version' is missing"),
        ("version = 1\n[predicate]\nid = 1\n", "there is no [[predicate]] table"),
    ],
)
def test_each_fault_is_told(text: str, said: str) -> None:
    assert any(said in fault for fault in faults(text)), faults(text)


def test_a_circle_over_several_facts_is_found() -> None:
    text = one("about = \"suite.frozen\"\nwhere = ['target > 0']", 'about = "suite.frozen"')
    for about, before in (("eval.comparison", "eval.proof"), ("eval.proof", "suite.frozen")):
        text = one(f'about = "{about}"', f'about = "{about}"\nbefore = "{before}"', text)
    found = faults(text)
    assert len(found) == 3
    assert all("older than itself" in said for said in found)


def test_all_faults_come_at_once_with_their_lines_in_order() -> None:
    text = one("level = 2", "level = 9")
    text = one("'n >= 50'", "'n is 50'", text)
    text = one('gate = "proof"', 'gate = "prove"', text)
    found = faults(text)
    assert [said.split(":")[0] for said in found] == [
        str(line_of(text, part)) for part in ('gate = "prove"', "level = 9", "where = ['n is 50'")
    ]


def test_a_company_may_change_it_and_the_digest_says_so() -> None:
    mine = read_rubric(one("max_age_days = 90", "max_age_days = 30"), "my.toml")
    assert mine.name == "my.toml"
    assert mine.version == shipped_rubric().version
    assert mine.digest != shipped_rubric().digest
    assert read_rubric(TEXT, "my.toml").digest == shipped_rubric().digest


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_rubric_or_its_faults(text: str) -> None:
    with pytest.raises(RubricFaults):
        read_rubric(text)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, len(TEXT) - 1), st.integers(1, 40), st.text(max_size=3))
def test_a_damaged_rubric_is_sound_or_refused(start: int, length: int, put: str) -> None:
    try:
        found = read_rubric(TEXT[:start] + put + TEXT[start + length :])
    except RubricFaults:
        return
    assert {(p.dimension, p.level) for p in found.predicates} == {
        (f"D{n}", level) for n in range(1, 7) for level in range(2, 6)
    }


@pytest.mark.parametrize("depth", [10_000])
def test_brackets_without_end_are_no_crash(depth: int) -> None:
    assert faults("version = " + "[" * depth)
    assert faults(one("'n >= 50'", f"'n >= {'[' * depth}'"))


# -- commands -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "predicate", [p for p in shipped_rubric().predicates if p.command], ids=lambda p: p.id
)
def test_every_command_of_the_rubric_can_be_typed(predicate: Predicate) -> None:
    assert command_fault(predicate.command) == ""


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tuneworthy data buld", "there is no command 'data buld'"),
        ("tuneworthy dta", "there is no command 'dta'"),
        ("tuneworthy people add", "Missing argument"),
        ("tuneworthy assess --wrking", "No such option"),
        ("tuneworthy gate approve strat --by A --reason B", "'strat' is not one of"),
        ("tuneworthy data", "Usage"),
        ("tuneworthy", "names no command"),
        ("rm -rf x", "is no command of tuneworthy"),
        ("tuneworthy 'data", "cannot be read"),
    ],
)
def test_a_command_that_is_none_is_told(line: str, said: str) -> None:
    assert said in command_fault(line)


def test_a_command_with_global_switches_is_one() -> None:
    assert command_fault("tuneworthy --json -C somewhere data build") == ""
    assert command_fault("tuneworthy data build --json") == ""
    assert command_fault("tuneworthy data build --help") == ""
    assert command_fault("tuneworthy data build -h") == ""
