"""Keys of recorded traffic by the command line: what is told, sealing afterwards, lost keys."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sealed_ledger import asked, holding, said, texts
from tests.fakes.small_project import make_small, open_small
from tuneworthy.core.clock import FixedClock, SystemClock
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.ring import RING
from tuneworthy.store import open_store

N = 5


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project whose traffic was recorded in the clear."""
    home = make_small(tmp_path / "p")
    with closing(open_small(home, FixedClock(SystemClock().now()))) as runtime:
        people.add(runtime, "bo", "Bo", ["compliance_reviewer"])
    day = f"{SystemClock().now():%Y-%m-%d}"
    with open_store(f"sqlite:///{home}/.tuneworthy/tuneworthy.db", SystemClock()) as store:
        store.record([asked(k, day=day) for k in range(N)], [said(k, day) for k in range(N)])
    return home


@pytest.fixture
def tw(run: Callable[..., Any], home: Path) -> Callable[..., tuple[int, str]]:
    def told(*words: str) -> tuple[int, str]:
        outcome = run("-C", str(home), "-q", *words)
        return outcome.code, outcome.out + outcome.err

    return told


def test_from_rows_in_the_clear_to_lost_keys(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    state = home / ".tuneworthy"
    for command in (("status",), ("doctor",), ("retention", "show")):
        assert f"{2 * N} recorded rows are not sealed yet: tuneworthy retention seal" in _flat(
            tw(*command)[1]
        ), command
    assert holding(state, texts(range(N)))
    assert tw("retention", "seal") == (0, f"Sealed {2 * N} recorded rows.\n")
    assert holding(state, texts(range(N))) == set()
    assert tw("retention", "seal") == (0, "All recorded rows are sealed.\n")
    code, shown = tw("retention", "show")
    assert f"{2 * N} rows sealed under {N} keys (.tuneworthy/{RING})" in shown

    for path in state.glob(f"{RING}*"):
        path.unlink()
    code, shown = tw("retention", "show")
    assert code == 0
    assert "The keys of recorded traffic are not here" in shown
    assert "tuneworthy retention renew-keys" in shown
    code, shown = tw("doctor")
    assert code == 3, "what was recorded cannot be read"
    assert "The keys of recorded traffic are not here" in shown.splitlines()[-3]
    assert "Put back the newest copy of the keys" in shown
    code, shown = tw("retention", "seal")
    assert code == 3
    assert "Traceback" not in shown
    assert not (state / RING).exists()
    lost = ("retention", "renew-keys", "--reason", "the disk burnt")
    assert tw(*lost, "--by", "bo") == (0, f"{N} keys are given up.\n")
    code, shown = tw("doctor", "--json")
    assert code == 0, "keys that were given up are nobody's loss any more"
    assert f"{2 * N} recorded rows cannot be read" in json.dumps(json.loads(shown))
    code, shown = tw("retention", "run")
    assert f"Deleted: unreadable rows my-project ({2 * N})" in shown
    code, shown = tw("audit", "verify")
    assert code == 0, shown


def test_a_row_put_under_another_key_is_told_and_kept(
    home: Path, tw: Callable[..., tuple[int, str]]
) -> None:
    tw("retention", "seal")
    with closing(sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")) as insider:
        insider.execute("UPDATE interactions SET key = 'x' WHERE id = ?", (asked(2).id,))
        insider.commit()
    code, shown = tw("doctor")
    assert code == 3
    assert "1 recorded rows were changed outside the program" in shown
    assert "Put back a backup of the ledger" in shown
    assert tw("retention", "renew-keys", "--reason", "why not", "--by", "bo")[0] == 0
    assert "unreadable" not in tw("retention", "run")[1]
    assert tw("doctor")[0] == 3, "it is still there"


def _flat(text: str) -> str:
    return " ".join(text.split())
