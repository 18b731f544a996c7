"""Erasing, holds and retention by the command line."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.marked_people import lived, make_marked, marks_left, subject
from tests.fakes.small_project import open_small
from tuneworthy.core.clock import FixedClock

N = 6


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built") / "p"
    clock = FixedClock(datetime(2026, 3, 5, tzinfo=UTC))
    with closing(open_small(make_marked(home, N), clock)) as runtime:
        lived(runtime, N)
    return home


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "p")


@pytest.fixture
def tw(run: Callable[..., Any], home: Path) -> Callable[..., tuple[int, str]]:
    """A command on the project: its exit code and all that it said."""

    def said(*words: str) -> tuple[int, str]:
        outcome = run("-C", str(home), "-q", *words)
        return outcome.code, outcome.out + outcome.err

    return said


def test_a_source_in_a_folder_is_named_with_its_lines(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    settings = home / "tuneworthy.yaml"
    text = settings.read_text(encoding="utf-8")
    assert "data/train.jsonl" in text
    settings.write_text(text.replace("data/train.jsonl", "data/*.jsonl"), encoding="utf-8")
    code, said = tw("--json", "erase", subject(2), "--reason", "17", "--by", "bo", "--dry-run")
    assert code == 0, said
    nodes = json.loads(said)["report"]["nodes"]
    (source,) = [one for one in nodes if one["kind"] == "source"]
    assert (source["id"], source["disposition"]) == ("data/train.jsonl", "outside")
    assert source["note"].startswith("line")
    assert not [one for one in nodes if one["kind"] == "project file"]


def test_from_a_look_to_the_signed_report(
    home: Path, tw: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    people = tmp_path / "people.txt"
    people.write_text("\n".join(subject(k) for k in range(2)) + "\n", encoding="utf-8")
    words = ["erase", subject(2), "--from", str(people), "--reason", "request 17"]
    code, said = tw(*words, "--by", "bo", "--dry-run")
    assert code == 0
    assert "Nothing was done" in said
    assert "data/train.jsonl" in said
    assert len(marks_left(home / ".tuneworthy", range(3))) == 6
    code, said = tw(*words, "--by", "bo")
    assert code == 0
    assert "Erased 3 people" in said
    assert "nothing of theirs is left" in said
    assert "To be seen to by a person:" in said
    assert not marks_left(home / ".tuneworthy", range(3))
    code, said = tw("erasures", "list", "--json")
    found = json.loads(said)
    (report,) = found["erasures"]
    assert found["taints"][0]["id"] == "my-project-1"
    out = tmp_path / "report.json"
    code, said = tw("erasures", "show", report["id"][:6], "-o", str(out))
    assert "Signed by bo." in said
    assert json.loads(out.read_text(encoding="utf-8"))["state"] == "done"
    settle = ("erasures", "settle", "my-project-1", "retrain", "--reason", "next week")
    code, said = tw(*settle, "--by", "ed")
    assert code == 0
    assert "ed chose retrain" in said


def test_a_hold_and_what_is_due(tw: Callable[..., tuple[int, str]]) -> None:
    hold = ("retention", "hold", subject(1), "--reason", "case 4", "--by", "bo")
    assert tw(*hold)[0] == 0
    code, said = tw("retention", "show")
    assert code == 0
    assert "on a person, by bo" in said
    assert "interactions" in said
    code, said = tw("erase", subject(1), "--reason", "r", "--by", "bo")
    assert code == 3
    assert "legal hold" in said
    release = ("retention", "release", subject(1), "--reason", "over", "--by", "bo")
    assert tw(*release)[0] == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("erase", "x", "--reason", "r"), 2, "Nobody is named as the one who does it"),
        (("erase", "x", "--reason", "r", "--by", "nobody"), 2, "no person 'nobody'"),
        (("erase", "--reason", "r", "--by", "bo"), 2, "Nobody is named to be erased"),
        (("erase", "--from", "none.txt", "--reason", "r", "--by", "bo"), 2, "cannot be read"),
        (("erasures", "show", "zz"), 2, "No erasing named 'zz'"),
        (("erasures", "settle", "v", "retire", "--reason", "r", "--by", "ed"), 2, "no tainted"),
        (("retention", "release", "x", "--reason", "r", "--by", "bo"), 2, "No hold"),
        (("retention", "hold", "no", "--version", "--reason", "r", "--by", "bo"), 2, "No dataset"),
    ],
)
def test_mistakes_are_told_plainly(
    tw: Callable[..., tuple[int, str]],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    left, told = tw(*words)
    assert left == code
    assert said in told
