from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.govern import export_chain, verify_export
from tuneworthy.methods.chain import GENESIS, build


def chain(names: Any, prev: Any = GENESIS) -> Any:
    records = []
    for number, name in enumerate(names, 1):
        draft = AuditDraft(actor=name, action="go", object_type="thing", object_id="1")
        records.append(build(draft, number, "2026-01-01T00:00:00Z", prev, "policy"))
        prev = records[-1].hash
    return records


RECORDS = chain(["ann", "böb", "cid"])
EXPORT = export_chain(RECORDS)


def test_a_true_export_verifies():
    report = verify_export(EXPORT, head=RECORDS[-1].hash, events=3)
    assert (report.verified, report.events, report.head) == (True, 3, RECORDS[-1].hash)


def test_an_empty_export_is_an_empty_chain():
    assert verify_export(b"").verified
    assert not verify_export(b"", events=1).verified


@settings(deadline=None)
@given(st.integers(0, len(EXPORT) - 1), st.integers(0, 255))
def test_no_byte_can_change(at, byte):
    changed = EXPORT[:at] + bytes([byte]) + EXPORT[at + 1 :]
    report = verify_export(changed, head=RECORDS[-1].hash, events=3)
    assert report.verified == (changed == EXPORT)


def test_a_cut_tail_shows_against_the_noted_count():
    cut = export_chain(RECORDS[:2])
    assert verify_export(cut).verified
    report = verify_export(cut, events=3)
    assert report.first_fault is not None
    assert report.first_fault.code == "cut"


def test_a_rewritten_history_shows_against_the_noted_head():
    rewritten = export_chain(chain(["eve", "böb", "cid"]))
    assert verify_export(rewritten).verified
    report = verify_export(rewritten, head=RECORDS[-1].hash)
    assert report.first_fault is not None
    assert report.first_fault.code == "head"


def test_a_chain_that_grew_still_holds_the_noted_head():
    grown = export_chain(chain(["ann", "böb", "cid", "dot"]))
    assert verify_export(grown, head=RECORDS[-1].hash, events=3).verified


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 1, 1, 2)])
def test_reordering_removal_and_repetition_show(order):
    assert not verify_export(export_chain([RECORDS[i] for i in order])).verified
