"""A gateway killed with -9 under load has every acknowledged interaction in its log."""

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.fakes.busy_gateway import (
    CHILD,
    CLIENTS,
    backend,
    free_port,
    killed_under_load,
    start,
    wait_for,
)
from tests.fakes.sealed_ledger import sealed_store
from tuneworthy.core.nouns.sealing import SealedInteraction
from tuneworthy.core.nouns.serving import Interaction
from tuneworthy.serve.intake import Rows, ingest

KILLS = 4
ACKNOWLEDGED_BEFORE_KILL = 150


@pytest.mark.timeout(120)
def test_no_acknowledged_interaction_is_lost(tmp_path):
    kept: dict[str, Interaction | SealedInteraction] = {}

    def record(rows: Rows) -> int:
        fresh = {row.id: row for row in rows if row.id not in kept}
        kept.update(fresh)
        return len(fresh)

    acknowledged: list[str] = []
    with backend() as url:
        for _ in range(KILLS):
            # Reading while the gateway writes must not cost a record either.
            acknowledged += killed_under_load(
                tmp_path, url, ACKNOWLEDGED_BEFORE_KILL, lambda: ingest(tmp_path, record)
            )
    ingest(tmp_path, record)

    assert len(acknowledged) >= KILLS * ACKNOWLEDGED_BEFORE_KILL
    assert [one for one in acknowledged if one not in kept] == []
    assert list(tmp_path.glob("*.seg")) == []
    assert list(tmp_path.glob("*.damaged")) == []
    # A request in flight at the kill may be recorded without having been acknowledged.
    assert len(kept) <= len(acknowledged) + KILLS * CLIENTS


@pytest.mark.timeout(120)
def test_the_key_of_every_acknowledged_interaction_is_on_the_disk(tmp_path: Path) -> None:
    """Everybody who asks is new, so a key is made for each answer; two kills, one after another."""
    databases = (f"sqlite:///{tmp_path}/ledger.db", f"sqlite:///{tmp_path}/ring.db")
    segments = tmp_path / "segments"
    acknowledged: list[str] = []
    with backend() as url:
        for _ in range(2):
            acknowledged += killed_under_load(segments, url, 60, lambda: None, *databases)
    with sealed_store(*databases) as store:
        ingest(segments, store.record)
        opened = {row.id for row in store.interactions()}
        assert [one for one in acknowledged if one not in opened] == []
        state = store.seal_state()
        assert (state.lost, state.destroyed, state.plain) == (0, 0, 0)
        assert state.keys >= len(acknowledged) >= 120


@pytest.mark.timeout(60)
def test_a_termination_signal_ends_gracefully(tmp_path):
    port = free_port()
    child = start(CHILD, str(tmp_path), str(port), "http://127.0.0.1:9")
    wait_for(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
        assert json.load(answer)["status"] == "ok"
    child.send_signal(signal.SIGINT)
    assert child.wait(15) == 0
