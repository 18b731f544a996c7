import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.methods.chain import GENESIS, ChainReport, build, hash_body, read, verify

TS = "2026-08-01T12:00:00+00:00"


def draft(number: int = 0, **more: object) -> AuditDraft:
    fields = {
        "actor": "ana",
        "action": "gate.approve",
        "object_type": "bundle",
        "object_id": f"b{number}",
        "reason": f"Déjà vu №{number}",
        "evidence": ("sha256:aa", "sha256:bb"),
    }
    return AuditDraft.model_validate(fields | more)


def chain(length: int) -> list[AuditRecord]:
    records: list[AuditRecord] = []
    prev = GENESIS
    for seq in range(1, length + 1):
        records.append(build(draft(seq), seq, TS, prev, "1"))
        prev = records[-1].hash
    return records


def rehashed(seq: int, body: bytes) -> AuditRecord:
    return AuditRecord(seq=seq, body=body, hash=hash_body(body))


def code(report: ChainReport) -> str:
    assert not report.verified
    assert report.first_fault is not None
    return report.first_fault.code


CHAIN = chain(6)


def test_a_good_chain_stands():
    report = verify(CHAIN)
    assert report == ChainReport(events=6, verified=True, head=CHAIN[-1].hash, seq=6)
    assert verify([]).verified
    assert verify([]).head == GENESIS


def test_a_slice_stands_on_the_record_before_it():
    assert verify(CHAIN[2:], start_prev=CHAIN[1].hash).verified
    assert verify(CHAIN[2:], start_prev=CHAIN[1].hash, start_seq=3).verified
    assert code(verify(CHAIN[2:], start_prev=CHAIN[0].hash)) == "link"
    assert code(verify(CHAIN[2:], start_prev=CHAIN[1].hash, start_seq=2)) == "gap"


def test_the_body_holds_every_field_in_canonical_order():
    body = json.loads(CHAIN[0].body)
    assert list(body) == sorted(body)
    assert body["object"] == {"digest": "", "id": "b1", "type": "bundle"}
    assert body["evidence_digests"] == ["sha256:aa", "sha256:bb"]
    assert body["prev"] == GENESIS
    assert "№" in CHAIN[0].body.decode()
    assert read(CHAIN[0].body) == body


@settings(max_examples=300)
@given(st.data())
def test_any_flipped_bit_is_seen(data):
    records = list(CHAIN)
    at = data.draw(st.integers(0, len(records) - 1))
    victim = records[at]
    if data.draw(st.booleans()):
        body = bytearray(victim.body)
        bit = data.draw(st.integers(0, len(body) * 8 - 1))
        body[bit // 8] ^= 1 << bit % 8
        changed = AuditRecord(seq=victim.seq, body=bytes(body), hash=victim.hash)
    else:
        text = bytearray(victim.hash.encode())
        bit = data.draw(st.integers(0, len(text) * 8 - 1))
        text[bit // 8] ^= 1 << bit % 8
        changed = AuditRecord(seq=victim.seq, body=victim.body, hash=text.decode("latin-1"))
    records[at] = changed
    report = verify(records)
    assert not report.verified
    assert report.events == at


def test_upper_case_hex_is_not_the_hash():
    records = [CHAIN[0].model_copy(update={"hash": CHAIN[0].hash.upper()}), *CHAIN[1:]]
    assert code(verify(records)) == "hash"


@given(st.permutations(range(6)))
def test_any_reordering_is_seen(order):
    assert verify([CHAIN[i] for i in order]).verified == (list(order) == list(range(6)))


@given(st.integers(0, 4))
def test_a_missing_or_doubled_record_is_seen(at):
    assert code(verify(CHAIN[:at] + CHAIN[at + 1 :])) == "gap"
    assert code(verify([*CHAIN[: at + 1], CHAIN[at], *CHAIN[at + 1 :]])) == "out_of_order"


@given(st.integers(0, 5))
def test_a_cut_tail_is_not_seen_without_a_checkpoint(length):
    report = verify(CHAIN[:length])
    assert report.verified
    checkpoint = (6, CHAIN[-1].hash)
    assert (report.seq, report.head) != checkpoint


def test_a_renumbered_record_is_seen():
    other = build(draft(9), 9, TS, CHAIN[0].hash, "1")
    assert code(verify([CHAIN[0], other.model_copy(update={"seq": 2})])) == "number"


def replaced(old: bytes, new: bytes) -> bytes:
    assert old in CHAIN[0].body
    return CHAIN[0].body.replace(old, new, 1)


@pytest.mark.parametrize(
    "body",
    [
        replaced(b'"seq":1', b'"seq":1,"seq":1'),
        replaced(b'"seq":1', b'"seq":NaN'),
        replaced(b'"seq":1', b'"seq":Infinity'),
        replaced(b'"seq":1', b'"seq":1.0'),
        replaced(b'"seq":1', b'"seq":true'),
        replaced(b'"seq":1', b'"seq": 1'),
        replaced(b'"seq":1', b'"seq":123456789012345678901234567890'),
        replaced(b'"reason":', b'"raison":'),
        replaced(b'"decision":"allow"', b'"decision":"maybe"'),
        replaced(b'"evidence_digests":["sha256:aa","sha256:bb"]', b'"evidence_digests":{}'),
        replaced(b'"id":"b1"', b'"id":"\\ud800"'),
        replaced(b"ana", b"\\u0061na"),
        b"\xff" + CHAIN[0].body,
        b"[" * 100_000,
        b"[]",
        b"",
    ],
)
def test_bodies_that_are_not_records(body):
    assert code(verify([rehashed(1, body)])) == "body"


def test_text_that_is_not_unicode_cannot_be_recorded():
    with pytest.raises(ValueError, match=r".+"):
        build(draft(1, reason="\ud800"), 1, TS, GENESIS, "1")


@given(
    st.lists(
        st.builds(
            AuditDraft,
            actor=st.text(),
            action=st.text(),
            object_type=st.text(),
            object_id=st.text(),
            evidence=st.lists(st.text(), max_size=3).map(tuple),
            decision=st.sampled_from(["allow", "deny"]),
            reason=st.text(),
        ),
        max_size=5,
    )
)
def test_any_drafts_make_a_chain_that_stands(drafts):
    prev, records = GENESIS, []
    for seq, one in enumerate(drafts, 1):
        records.append(build(one, seq, TS, prev, "7"))
        prev = records[-1].hash
    assert verify(records).verified
