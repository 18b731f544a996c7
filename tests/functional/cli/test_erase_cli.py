"""Erasing, holds and retention by the command line."""

import json
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes.authenticator import Authenticator
from tests.fakes.marked_people import lived, make_marked, marks_left, subject
from tests.fakes.small_project import PEOPLE, open_small, promote
from tuneworthy.core.clock import FixedClock
from tuneworthy.lifecycle import people
from tuneworthy.methods.signing import generate

N = 6
START = datetime(2026, 3, 5, tzinfo=UTC)
PASSKEY = Authenticator(name=b"zoe's passkey", counts=False)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("built") / "p"
    with closing(open_small(make_marked(home, N), FixedClock(START))) as runtime:
        for person, roles in PEOPLE.items():
            people.add(runtime, person, person.title(), roles)
        people.add(runtime, "zoe", "Zoe", ["compliance_reviewer"], PASSKEY.text)
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


def test_rows_that_stay_keep_their_split_when_somebody_is_erased(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    settings = home / "tuneworthy.yaml"
    lines = settings.read_text(encoding="utf-8").splitlines()
    rest = [line for line in lines if not line.startswith("split:")]
    settings.write_text("\n".join([*rest, "split: {keep: true}"]) + "\n", encoding="utf-8")
    assert tw("data", "build")[0] == 0
    with tuneworthy.open(home) as workspace:
        before = workspace.data_versions()[-1]
    code, said = tw("erase", subject(2), "--reason", "17", "--by", "bo")
    assert code == 0, said
    with tuneworthy.open(home) as workspace:
        after = workspace.data_versions()[-1]
    assert after.id != before.id
    assert after.split.kept == after.rows_out > 0


def test_from_a_look_to_the_signed_report(
    home: Path, tw: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    listed = tmp_path / "people.txt"
    listed.write_text("\n".join(subject(k) for k in range(2)) + "\n", encoding="utf-8")
    words = ["erase", subject(2), "--from", str(listed), "--reason", "request 17"]
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
    waits = "my-project-1: trained on"
    assert waits in json.loads(tw("--json", "status")[1])["tainted"][0]
    assert "ed has to choose by" in tw("status")[1]
    out = tmp_path / "report.json"
    code, said = tw("erasures", "show", report["id"][:6], "-o", str(out))
    assert "Signed by bo." in said
    code, said = tw("erasures", "sign", report["id"], "--by", "bo")
    assert (code, "It is signed already." in said) == (2, True)
    assert json.loads(out.read_text(encoding="utf-8"))["state"] == "done"
    # The version that held their rows is a name without its rows: nothing is made from it again.
    versions = json.loads(tw("--json", "data", "versions")[1])
    gone = next(one["id"] for one in versions["versions"] if one["id"] != versions["current"])
    code, said = tw("data", "use", gone)
    assert (code, f"Rows of dataset {gone[7:19]} were erased" in said) == (3, True)
    assert json.loads(tw("--json", "data", "versions")[1])["current"] == versions["current"]
    settle = ("erasures", "settle", "my-project-1", "retrain", "--reason", "next week")
    code, said = tw(*settle, "--by", "ed")
    assert code == 0
    assert "ed chose retrain" in said
    assert waits not in tw("status")[1]


def test_who_looks_at_what_is_served_sees_that_it_learned_erased_rows(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    with closing(open_small(home, FixedClock(START))) as runtime:
        promote(runtime)
    assert "erased rows" not in tw("serve", "status")[1]
    assert tw("erase", subject(2), "--reason", "17", "--by", "bo")[0] == 0
    said = tw("serve", "status")[1]
    assert "production my-project-1" in said
    assert "my-project-1: trained on 1 erased rows; ed has to choose by" in said


def test_a_report_that_was_left_unsigned_is_signed_later(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    """Ordered with a passkey; by the time it is done its owner has a key file."""
    said = {"subjects": [subject(1)], "person": "zoe", "reason": "request 18"}
    clock = FixedClock(START + timedelta(days=1))
    with tuneworthy.open(home, clock=clock) as work:
        asked = work.start_signing("order_erasure", **said)
        work.finish_signing("order_erasure", asked.started_at, PASSKEY.get(asked.options), **said)
        report = work.erase_as_ordered(person="zoe")
        pem, public = generate()
        (home / "zoe.pem").write_bytes(pem)
        work.change_key("zoe", public, "cy", "no browser at the machine")
        work.confirm_change("zoe", "bo", "saw her")
    assert "Not signed as it stands" in tw("erasures", "show", report.id)[1]
    sign = ("erasures", "sign", report.id[:6], "--by")
    for words, code, why in (
        (("bo",), 3, "Its report is signed by who ordered it"),
        (("zoe", "--key", str(home / "keys" / "bo.pem")), 3, "not the key of 'zoe'"),
        (("zoe",), 4, "The key of 'zoe' is not at"),
        (("zoe", "--key", str(home / "zoe.pem")), 0, "is signed by zoe"),
        (("zoe", "--key", str(home / "zoe.pem")), 2, "It is signed already"),
    ):
        left, told = tw(*sign, *words)
        assert (left, why in told) == (code, True), told
    assert "Signed by zoe." in tw("erasures", "show", report.id)[1]
    assert tw("audit", "verify")[0] == 0


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
        (("erasures", "sign", "zz", "--by", "bo"), 2, "not one erasing named 'zz'"),
        (("erasures", "sign", "zz"), 2, "Nobody is named as the one who does it"),
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
