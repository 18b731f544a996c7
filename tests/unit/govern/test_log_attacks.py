"""Every way to change the log, and whether it shows: the table of docs/design/audit.md as tests.

The verifier is given what somebody outside holds: the checkpoint over the forty true records.
"""

import copy
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.govern.verifier.forms import Fault
from tuneworthy.govern.verifier.log import Log, read_log
from tuneworthy.govern.verifier.notes import open_note, split_notes
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.chain import GENESIS, WrittenRow, build, read

FORTY = [f"person-{number}" for number in range(40)]


@pytest.fixture(scope="module")
def records(chain_of: Any) -> list[AuditRecord]:
    return list(chain_of(FORTY))


@pytest.fixture(scope="module")
def note(records: list[AuditRecord], holder: Any) -> str:
    return str(holder.sign(records))


def shows(lines: Sequence[bytes], notes: Sequence[str], key: str) -> str:
    """What the verifier has against a log, given checkpoints; empty when nothing."""
    try:
        held = [open_note(one, [key]) for note in notes for one in split_notes(note.encode(), "")]
        log, _ = read_log(b"".join(lines), {size for size, _ in held})
        for size, top in held:
            log.hold(size, top, "checkpoint")
    except Fault as fault:
        return str(fault)
    return ""


def test_the_true_log_verifies(records: Any, note: str, holder: Any, lines_of: Any) -> None:
    assert not shows(lines_of(records), [note], holder.key)


def test_a_log_that_grew_verifies(
    records: Any, note: str, chain_of: Any, holder: Any, lines_of: Any
) -> None:
    grown = [*records, *chain_of(["later"], records[-1].hash, 41)]
    assert not shows(lines_of(grown), [note, holder.sign(grown)], holder.key)


def test_every_single_bit_flip_of_forty_records_is_detected(
    records: Any, note: str, holder: Any, lines_of: Any
) -> None:
    """All bits of all lines. What stands before the changed line was read before, once."""
    lines = lines_of(records)
    size, top = open_note(note, [holder.key])
    before = Log({size})
    flips = missed = 0
    for number, line in enumerate(lines):
        after = lines[number + 1 :]
        for bit in range(len(line) * 8):
            changed = bytearray(line)
            changed[bit // 8] ^= 1 << bit % 8
            flips += 1
            missed += _holds(copy.copy(before), b"".join([changed, *after]), size, top)
        before.feed(line[:-1])
    assert not missed
    assert flips >= 80_000


def _holds(log: Log, rest: bytes, size: int, top: bytes) -> bool:
    log.peaks, log.roots = list(log.peaks), dict(log.roots)
    try:
        if not rest.endswith(b"\n"):
            raise Fault("cut")
        for line in rest.split(b"\n")[:-1]:
            log.feed(line)
        log.hold(size, top, "checkpoint")
    except Fault:
        return False
    return True


def test_every_single_bit_flip_of_a_checkpoint_is_detected(note: str, holder: Any) -> None:
    raw = note.encode()
    missed = 0
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            for one in split_notes(bytes(changed), ""):
                open_note(one, [holder.key])
                missed += 1
        except Fault:
            continue
    assert not missed


DETECTED: dict[str, Callable[..., list[AuditRecord]]] = {
    "delete in the middle": lambda r, chain: [*r[:20], *r[21:]],
    "insert in the middle": lambda r, chain: [*r[:20], *chain(["eve"], r[19].hash, 21), *r[20:]],
    "reorder": lambda r, chain: [*r[:20], r[21], r[20], *r[22:]],
    "duplicate in the middle": lambda r, chain: [*r[:20], r[19], *r[20:]],
    "truncate the tail": lambda r, chain: r[:30],
    "rewrite and re-chain": lambda r, chain: chain([*FORTY[:20], "eve", *FORTY[21:]]),
    "swap two bodies": lambda r, chain: [
        *r[:20],
        r[20].model_copy(update={"body": r[21].body, "hash": r[21].hash}),
        r[21].model_copy(update={"body": r[20].body, "hash": r[20].hash}),
        *r[22:],
    ],
    "swap two bodies, keep the hashes": lambda r, chain: [
        *r[:20],
        r[20].model_copy(update={"body": r[21].body}),
        r[21].model_copy(update={"body": r[20].body}),
        *r[22:],
    ],
}


@pytest.mark.parametrize("attack", sorted(DETECTED))
def test_detected_with_an_external_checkpoint(
    attack: str, records: Any, note: str, holder: Any, chain_of: Any, lines_of: Any
) -> None:
    assert shows(lines_of(DETECTED[attack](records, chain_of)), [note], holder.key)


def test_a_key_holder_who_rewrites_is_detected_with_an_external_checkpoint(
    records: Any, note: str, holder: Any, chain_of: Any, lines_of: Any
) -> None:
    rewritten = chain_of([*FORTY[:20], "eve", *FORTY[21:]])
    assert shows(lines_of(rewritten), [holder.sign(rewritten), note], holder.key)


def test_an_old_log_with_its_old_checkpoint_is_detected_by_who_remembers_a_newer_one(
    records: Any, note: str, holder: Any, lines_of: Any
) -> None:
    old = records[:30]
    assert shows(lines_of(old), [holder.sign(old), note], holder.key)


def test_a_checkpoint_by_another_key_is_refused(
    records: Any, another_holder: Any, holder: Any, lines_of: Any
) -> None:
    assert "not signed by a key" in shows(
        lines_of(records), [another_holder().sign(records)], holder.key
    )


# -- what no log can show: each of these passes, and the page says so ---------------------------


def test_undetectable_without_a_checkpoint_a_cut_tail(
    records: Any, holder: Any, lines_of: Any
) -> None:
    assert not shows(lines_of(records[:30]), [], holder.key)


def test_undetectable_without_a_checkpoint_a_history_chained_anew(
    holder: Any, chain_of: Any, lines_of: Any
) -> None:
    rewritten = chain_of([*FORTY[:20], "eve", *FORTY[21:]])
    assert not shows(lines_of(rewritten), [], holder.key)


def test_undetectable_without_an_outside_copy_an_insider_who_holds_the_signing_key(
    holder: Any, chain_of: Any, lines_of: Any
) -> None:
    rewritten = chain_of([*FORTY[:20], "eve", *FORTY[21:]])
    assert not shows(lines_of(rewritten), [holder.sign(rewritten)], holder.key)


def test_undetectable_an_old_log_with_its_old_checkpoint_for_who_remembers_no_newer_one(
    records: Any, holder: Any, lines_of: Any
) -> None:
    old = records[:30]
    assert not shows(lines_of(old), [holder.sign(old)], holder.key)


def test_undetectable_a_forged_event_that_the_live_service_appended(
    records: Any, note: str, holder: Any, chain_of: Any, lines_of: Any
) -> None:
    """Decisions are the exception: they are signed by people, and packs hold the signatures."""
    forged = [*records, *chain_of(["eve"], records[-1].hash, 41)]
    assert not shows(lines_of(forged), [note, holder.sign(forged)], holder.key)


@pytest.mark.parametrize(
    "rows",
    [{}, "x", [[]], [["route", "r"]], [["route", "r", 1]], [["route", "r", "d", "e"]], ["abc"]],
)
def test_rows_that_are_none_are_a_fault_for_both_readers(rows: object) -> None:
    """What names the rows that were written is read alike by the program and by the pack's."""
    draft = AuditDraft(actor="a", action="b", object_type="c", object_id="d")
    written = [WrittenRow("route", "r", "sha256:0")]
    for named, fine in ((written, True), ([], True), (None, True), (rows, False)):
        body = json.loads(build(draft, 1, "2026-03-01", GENESIS, "1").body)
        if named is not None:
            body["rows"] = named
        data = canonical(body)
        line = {"body": data.decode(), "hash": hashlib.sha256(data).hexdigest(), "seq": 1}
        assert accepts(read, data, ValueError) is fine
        assert accepts(Log().feed, canonical(line), Fault) is fine


def accepts(look: Callable[[bytes], object], data: bytes, fault: type[Exception]) -> bool:
    try:
        look(data)
    except fault:
        return False
    return True
