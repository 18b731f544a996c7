"""Every response is traced to what gave it, and data to every response, over many moves."""

import pytest
from click.testing import CliRunner

from tests.fakes.traced import History, faults
from tuneworthy.cli.main import cli
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.lifecycle import lineage, recalling, tracing
from tuneworthy.methods.canonical import short

EACH = 6
"""Responses between two moves; ``bench/govern`` traces ten thousand."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    made = History(tmp_path_factory.mktemp("history") / "p")
    made.live(versions=2, each=EACH)
    return made


def test_every_trace_is_right(history: History) -> None:
    assert history.moves == 6
    wrong = {
        id_: found
        for id_, truth in history.truth.items()
        if (found := list(faults(tracing.walk(history.runtime, id_), truth)))
    }
    assert not wrong


def test_a_wrong_trace_would_be_seen(history: History) -> None:
    """Each response is held against the truth of another manifest."""
    ids = list(history.truth)
    other = {truth.manifest: truth for truth in history.truth.values()}
    for id_ in ids[:: EACH * 2]:
        steps = tracing.walk(history.runtime, id_)
        for manifest, truth in other.items():
            assert bool(list(faults(steps, truth))) == (manifest != history.truth[id_].manifest)


def test_data_lead_to_every_response_of_what_was_trained_on_them(history: History) -> None:
    found = recalling.recall(history.runtime, "current")
    tuned = {id_ for id_, truth in history.truth.items() if truth.version}
    assert found.responses == len(tuned) == sum(w.responses for w in found.windows)
    assert found.versions == ("my-project-1", "my-project-2")
    assert {w.arm for w in found.windows} == {"canary", "production"}
    # Promoted twice, each with a canary before: no window runs over the time between.
    assert [w.version for w in found.windows].count("my-project-1") >= 4
    assert [w.first for w in found.windows] == sorted(w.first for w in found.windows)


def test_a_trained_record_and_its_row_lead_to_the_same(history: History) -> None:
    whole = recalling.recall(history.runtime, "current")
    version = lineage.versions(history.runtime)[-1]
    rows = lineage.members(history.runtime, version)
    place, (record, _) = next(item for item in rows.items() if item[1][1] == "train")
    for name in (place, record, short(record), short(version.id)):
        found = recalling.recall(history.runtime, name)
        assert (found.windows, found.level) == (whole.windows, "version")
    held_out = next(place for place, (_, split) in rows.items() if split == "test")
    for nothing in (held_out, "nowhere:1", "0" * 64, "short"):
        with pytest.raises(ConfigProblem, match="is called"):
            recalling.recall(history.runtime, nothing)


def test_both_ways_at_the_command_line(history: History) -> None:
    def said(*words: str) -> str:
        done = CliRunner().invoke(cli, ["-C", str(history.home), "trace", *words])
        assert done.exit_code == 0, done.output
        return done.output

    one = next(id_ for id_, truth in history.truth.items() if truth.version)
    assert "model version" in said(one)
    told = said("--data", "current")
    assert "my-project-2" in told
    assert "responses in all" in told
    assert "version" in told.splitlines()[-1]
    for words in ([], [one, "--data", "current"]):
        assert CliRunner().invoke(cli, ["-C", str(history.home), "trace", *words]).exception
