"""A process that is killed in the middle of changes leaves nothing half done and loses nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.people import Person
from tuneworthy.methods.chain import read, verify
from tuneworthy.store import open_blobs, open_store

ROUNDS = 4

WRITER = """
import sys
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.people import Person
from tuneworthy.store import open_blobs, open_store

store, blobs = open_store(sys.argv[1], SystemClock()), open_blobs(sys.argv[2])
number = int(sys.argv[3])
while True:
    draft = AuditDraft(actor="a", action="add", object_type="person", object_id=f"{number}-a")
    digest = blobs.put(b"%d" % number * 20_000)
    with store.change(draft) as change:
        for half in "ab":
            person = Person(id=f"{number}-{half}", name=digest, roles=(), public_key="")
            change.put(person, expect=0)
        change.remember_step(f"step-{number}", digest)
    print(number, flush=True)
    number += 1
"""


def write_until_killed(url: str, blobs: str, begin: int, seconds: float) -> list[int]:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, url, blobs, str(begin)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": "src", "PATH": os.environ["PATH"]},
    )
    assert child.stdout is not None
    first = child.stdout.readline()
    time.sleep(seconds)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    assert child.returncode == -signal.SIGKILL
    # The last line may have been cut off by the kill.
    return [int(line) for line in (first + rest).split("\n")[:-1]]


def test_killed_in_the_middle_of_changes(tmp_path: Path) -> None:
    url, place = f"sqlite:///{tmp_path}/ledger.db", str(tmp_path / "blobs")
    chance = random.Random(7)  # noqa: S311 - moments of a kill, not secrets
    begin, acknowledged = 0, set[int]()
    for _ in range(ROUNDS):
        acknowledged |= set(write_until_killed(url, place, begin, chance.uniform(0.0, 0.25)))
        with open_store(url, SystemClock()) as store:
            report = verify(store.audit())
            events = [read(record.body)["object"]["id"] for record in store.audit()]
            people = {person.id: person.name for person in store.list(Person)}
            written = {int(name.split("-")[0]) for name in people}
            assert report.verified, report.first_fault
            assert acknowledged <= written, "an acknowledged change is lost"
            assert set(people) == {f"{n}-{half}" for n in written for half in "ab"}
            assert events == [f"{n}-a" for n in sorted(written)]
            assert all(store.step(f"step-{n}") == people[f"{n}-a"] for n in written)
            assert store.step(f"step-{max(written) + 1}") is None
        blobs = open_blobs(place)
        for number in written:
            assert blobs.get(people[f"{number}-a"]) == b"%d" % number * 20_000
        begin = max(written) + 1
    assert len(acknowledged) >= ROUNDS
