"""One answer is written and nothing else changes, however the file looks and whoever kills."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from tuneworthy.config.answers_file import Value, Where, edited, write_answer
from tuneworthy.config.yaml_file import parse_yaml, plain
from tuneworthy.core.errors import ConfigProblem, ConflictProblem, StoreProblem

FULL = """\
# Ours. Do not touch.
factors:   # yes or no
  C1: false  # five prompts
  C2:        # models

  # the reasons
  I1: true   # tone
questions:
  N1: "Carla Mendes"  # the sponsor
  E8: >-
    Public text;
    no persons.
strategic_value: 0   # her mark
costs:
    rate: 100
    upfront:
      - {name: prepare, hours: {low: 20, high: 40}}   # wide
    returns: []
"""
PATH = Path("answers.yaml")


def read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = plain(parse_yaml(text, PATH, make="", may_be_empty=True))
    return found


@pytest.mark.parametrize(
    ("where", "value", "old", "new"),
    [
        (("factors", "C1"), True, "  C1: false  # five", "  C1: true   # five"),
        (("factors", "C1"), None, "  C1: false  # five", "  C1: null   # five"),
        (("factors", "C2"), True, "  C2:        # models", "  C2: true   # models"),
        (("factors", "A1"), False, "  # tone\n", "  # tone\n  A1: false\n"),
        (("questions", "N1"), "Ana", '"Carla Mendes"  #', '"Ana"           #'),
        (("costs", "returns"), 2400, "    returns: []\n", "    returns: 2400\n"),
        (
            ("costs", "ongoing"),
            "20 to 40",
            "returns: []\n",
            'returns: []\n    ongoing: "20 to 40"\n',
        ),
        (("strategic_value",), 4, "strategic_value: 0   #", "strategic_value: 4   #"),
    ],
)
def test_only_the_one_answer_changes(where: Where, value: Value, old: str, new: str) -> None:
    changed = edited(FULL, PATH, where, value)
    assert changed == FULL.replace(old, new) or (
        where == ("factors", "A1")
        and changed == FULL.replace("  I1: true   # tone\n", "  I1: true   # tone\n  A1: false\n")
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only words\n",
        "factors:\n",
        "factors: {}  # none\n",
        "factors: {C1: true}",
        "factors: {I1: true, I2: false}  # flow\nother: 1\n",
        "factors:\n  C1: false",
        "factors:\n# odd\n  C2: true\n\n\nquestions: {}\n",
        "questions:\n  N1: |\n    Carla\n    Mendes\n",
        "{factors: {C1: false}, strategic_value: 2}\n",
        "---\nfactors:\n  C1: false\n...\n",
        "factors:\r\n  C1: false  # dos\r\nquestions:\r\n  N1: x\r\n",
        "factors:\n  C3: &yes true\n  C1: *yes\n  C4: *yes\n",
        "factors:\n  ? C1\n  : false\n",
        '"factors": {"C1": false}\n',
        "unknown: [1, 2]\nfactors:\n    I1: true\n",
        FULL,
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("factors", "C1"), True),
        (("questions", "N1"), "Ana: #1 'x' \"y\" {z}"),
        (("strategic_value",), 5),
        (("factors", "C1"), None),
    ],
)
def test_any_way_of_writing_is_changed_in_one_place(text: str, where: Where, value: Value) -> None:
    before = read(text)
    changed = edited(text, PATH, where, value)
    *outer, last = where
    wanted = {**before, last: value}
    if outer:
        wanted = {**before, outer[0]: {**(before.get(outer[0]) or {}), last: value}}
    assert read(changed) == wanted
    comments = [line[line.index("#") :] for line in text.split("\n") if " #" in f" {line}"]
    assert all(comment.strip() in changed for comment in comments)


TEXTS = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff"),
    min_size=1,
    max_size=30,
)
VALUES = st.one_of(
    st.tuples(st.sampled_from([("factors", "C1"), ("factors", "I4")]), st.booleans() | st.none()),
    st.tuples(st.sampled_from([("questions", "N1"), ("questions", "E9")]), TEXTS),
    st.tuples(st.just(("strategic_value",)), st.integers(0, 5)),
    st.tuples(
        st.sampled_from([("costs", "ongoing"), ("costs", "returns")]),
        st.sampled_from([0, 3200, 12.5, "20 to 40", None]),
    ),
)


@given(st.lists(VALUES, max_size=8), st.sampled_from([FULL, "", "factors: {}\n"]))
@settings(max_examples=60, deadline=None)
def test_many_answers_one_after_the_other(rows: list[tuple[Any, Any]], text: str) -> None:
    wanted = read(text)
    for where, value in rows:
        text = edited(text, PATH, where, value)
        *outer, last = where
        if outer:
            wanted[outer[0]] = {**(wanted.get(outer[0]) or {}), last: value}
        else:
            wanted[last] = value
        assert read(text) == wanted
    assert ("# the reasons" in text) is ("upfront" in text)


def test_a_missing_file_is_made_and_a_second_answer_joins_it(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    write_answer(path, ("factors", "C1"), True)
    found = write_answer(path, ("factors", "C2"), False)
    assert found.factors == {"C1": True, "C2": False}
    assert path.read_text().startswith("# Typed-in answers")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["answers.yaml"]


def test_somebody_elses_change_to_another_answer_stays(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(FULL)
    path.write_text(FULL.replace("her mark", "his mark").replace("I1: true", "I1: false"))
    found = write_answer(path, ("factors", "C1"), True, seen=False)
    assert found.factors == {"C1": True, "I1": False}
    assert "# his mark" in path.read_text()


def test_a_change_to_this_very_answer_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(FULL)
    before = path.read_bytes()
    with pytest.raises(ConflictProblem, match=r"factors\.C1"):
        write_answer(path, ("factors", "C1"), True, seen=None)
    assert path.read_bytes() == before
    # To say what stands there already is no conflict.
    write_answer(path, ("factors", "C1"), False, seen=None)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("factors:\n  C1: [\n", ":3:1"),
        ("factors:\n  C1: perhaps\n", ":2:7"),
        ("factors:\n  C1: true\n  C1: false\n", ":3:3"),
        ("nonsense: 1\n", ":1:1"),
    ],
)
def test_a_broken_file_is_told_with_its_place_and_left_alone(
    tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(text)
    with pytest.raises(ConfigProblem, match=place):
        write_answer(path, ("factors", "C2"), True)
    assert path.read_text() == text
    assert [p.name for p in tmp_path.iterdir()] == ["answers.yaml"]


def test_rights_and_links_stay(tmp_path: Path) -> None:
    real = tmp_path / "shared" / "answers.yaml"
    real.parent.mkdir()
    real.write_text(FULL)
    real.chmod(0o640)
    link = tmp_path / "answers.yaml"
    link.symlink_to(real)
    write_answer(link, ("factors", "C1"), True, seen=False)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert "C1: true" in real.read_text()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(FULL)
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StoreProblem, match="cannot be written"):
            write_answer(path, ("factors", "C1"), True, seen=False)
    finally:
        tmp_path.chmod(0o700)
    assert path.read_text() == FULL


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="cannot be written"):
        write_answer(tmp_path / "gone" / "answers.yaml", ("factors", "C1"), True)


def test_two_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(FULL)

    def many(letter: str) -> None:
        for number in range(1, 6):
            write_answer(path, ("factors", f"{letter}{number}"), True, seen=None)

    path.write_text("factors:\n  I6: true\n")
    threads = [threading.Thread(target=many, args=(letter,)) for letter in "CAI"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read(path.read_text())["factors"]) == 16


WRITER = """
import sys
from pathlib import Path
from tuneworthy.config.answers_file import write_answer
path, now = Path(sys.argv[1]), None
print("ready", flush=True)
for turn in range(100_000):
    new = f"turn {turn}"
    write_answer(path, ("questions", "N1"), new, seen=now)
    now = new
    print(turn, flush=True)
"""


@pytest.mark.parametrize("after", [0.05, 0.11, 0.23])
def test_killed_in_the_middle_of_writing_leaves_a_whole_file(tmp_path: Path, after: float) -> None:
    path = tmp_path / "answers.yaml"
    path.write_text(FULL.replace('  N1: "Carla Mendes"  # the sponsor\n', ""))
    line = [sys.executable, "-c", WRITER, str(path)]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=here) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        done = [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
    found = YAML(typ="safe").load(path.read_text())
    # What was said to be written is there; at most the next one is there without having been said.
    last = done[-1] if done else -1
    assert found["questions"].get("N1", "turn -1") in {f"turn {last}", f"turn {last + 1}"}
    assert "# the reasons" in path.read_text()
    write_answer(path, ("factors", "C1"), True, seen=False)
    assert [p.name for p in tmp_path.iterdir()] == ["answers.yaml"]
