import errno
import json
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import ServeProblem
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.serve.intake import FEEDBACK, INTERACTION, Notes, Rows, count_waiting, ingest
from tuneworthy.serve.segments import SegmentWriter, frame, read_frames

STAMP = "2026-01-01T00:00:00+00:00"


def row(number: int) -> Interaction:
    return Interaction(
        id=f"i{number}",
        route="r",
        manifest="m",
        arm="production",
        sticky_key="u",
        sticky=True,
        created_at=STAMP,
        status=200,
        stream=False,
        seconds=0.1,
        request="{}",
        response="yes",
    )


def packed(number: int) -> bytes:
    return INTERACTION + row(number).model_dump_json().encode()


class Shelf:
    """Keeps rows by id, as a store does."""

    def __init__(self) -> None:
        self.rows: dict[str, Interaction] = {}
        self.notes: dict[str, Feedback] = {}

    def record(self, rows: Rows) -> int:
        before = len(self.rows)
        self.rows |= {one.id: one for one in rows if isinstance(one, Interaction)}
        return len(self.rows) - before

    def hear(self, notes: Notes) -> int:
        before = len(self.notes)
        self.notes |= {one.id: one for one in notes if isinstance(one, Feedback)}
        return len(self.notes) - before


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.seg"))


@settings(max_examples=60, deadline=None)
@given(payloads=st.lists(st.binary(min_size=1, max_size=40), max_size=6), data=st.data())
def test_any_prefix_gives_exactly_its_whole_frames(tmp_path_factory, payloads, data):
    whole = b"".join(frame(payload) for payload in payloads)
    cut = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.getbasetemp() / "prefix.seg"
    path.write_bytes(whole[:cut])
    fits, size = [], 0
    for payload in payloads:
        size += len(frame(payload))
        if size <= cut:
            fits.append(payload)
    assert list(read_frames(path)) == fits


@settings(max_examples=60, deadline=None)
@given(
    payloads=st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), data=st.data()
)
def test_a_flipped_bit_never_gives_a_wrong_record(tmp_path_factory, payloads, data):
    whole = bytearray(b"".join(frame(payload) for payload in payloads))
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    whole[bit // 8] ^= 1 << bit % 8
    path = tmp_path_factory.getbasetemp() / "flip.seg"
    path.write_bytes(whole)
    read = list(read_frames(path))
    assert read == payloads[: len(read)]
    assert len(read) < len(payloads)


def test_records_reach_the_store_once_and_the_segment_goes(tmp_path):
    shelf = Shelf()
    with SegmentWriter(tmp_path) as writer:
        for number in range(3):
            writer.append(packed(number))
        note = Feedback(id="f", interaction="i1", score=1, source="user", created_at=STAMP)
        writer.append(FEEDBACK + note.model_dump_json().encode())
    # Nobody asks for the feedback yet, so it is kept where it is.
    assert ingest(tmp_path, shelf.record).removed == 0
    assert ingest(tmp_path, shelf.record).read == 0
    done = ingest(tmp_path, shelf.record, shelf.hear)
    assert (done.read, done.added, done.removed, done.torn_bytes) == (4, 1, 1, 0)
    assert shelf.rows["i2"] == row(2)
    assert shelf.notes["f"].interaction == "i1"
    assert segments(tmp_path) == []
    assert ingest(tmp_path, shelf.record).read == 0


def test_a_live_segment_is_read_as_it_grows_and_stays(tmp_path):
    shelf = Shelf()
    with SegmentWriter(tmp_path) as writer:
        writer.append(packed(0))
        assert count_waiting(tmp_path) > 0
        assert ingest(tmp_path, shelf.record).read == 1
        assert count_waiting(tmp_path) == 0
        writer.append(packed(1))
        assert ingest(tmp_path, shelf.record).read == 1
        assert len(segments(tmp_path)) == 1
    assert ingest(tmp_path, shelf.record).removed == 1
    assert sorted(shelf.rows) == ["i0", "i1"]


def test_a_crash_between_sink_and_note_replays_without_doubles(tmp_path):
    shelf = Shelf()
    with SegmentWriter(tmp_path) as writer:
        writer.append(packed(0))

    def dies(rows: Rows) -> int:
        shelf.record(rows)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(tmp_path, dies)
    done = ingest(tmp_path, shelf.record)
    assert (done.read, done.added) == (1, 0)
    assert list(shelf.rows) == ["i0"]


def test_a_torn_tail_is_dropped_and_counted(tmp_path):
    shelf = Shelf()
    torn = frame(packed(1))[:-3]
    (tmp_path / "1.seg").write_bytes(frame(packed(0)) + torn)
    done = ingest(tmp_path, shelf.record)
    assert (done.added, done.removed, done.torn_bytes) == (1, 1, len(torn))


def test_room_that_was_never_written_is_a_torn_tail(tmp_path):
    (tmp_path / "1.seg").write_bytes(frame(packed(0)) + bytes(500))
    assert ingest(tmp_path, Shelf().record).kept_aside == ()


def test_a_broken_frame_keeps_the_segment_aside(tmp_path):
    middle = bytearray(frame(packed(1)))
    middle[-2] ^= 1
    (tmp_path / "1.seg").write_bytes(frame(packed(0)) + bytes(middle) + frame(packed(2)))
    shelf = Shelf()
    done = ingest(tmp_path, shelf.record)
    assert done.kept_aside == ("1.damaged",)
    assert list(shelf.rows) == ["i0"]
    assert (tmp_path / "1.damaged").stat().st_size > 0
    assert ingest(tmp_path, shelf.record).read == 0


def test_an_unknown_record_hides_no_other_and_is_kept_aside(tmp_path):
    odd = frame(INTERACTION + json.dumps({"id": "i9", "new": 1}).encode())
    (tmp_path / "1.seg").write_bytes(frame(packed(0)) + odd + frame(b"?") + frame(packed(1)))
    shelf = Shelf()
    assert ingest(tmp_path, shelf.record).kept_aside == ("1.damaged",)
    assert sorted(shelf.rows) == ["i0", "i1"]


def test_segments_rotate_and_keep_their_order(tmp_path):
    with SegmentWriter(tmp_path, max_bytes=500) as writer:
        for number in range(12):
            writer.append(packed(number))
        assert len(segments(tmp_path)) > 2
    shelf = Shelf()
    assert ingest(tmp_path, shelf.record).added == 12
    assert list(shelf.rows) == [f"i{number}" for number in range(12)]


def test_two_threads_and_two_passes_lose_nothing(tmp_path):
    shelf, stop = Shelf(), threading.Event()

    def passes() -> None:
        while not stop.is_set():
            ingest(tmp_path, shelf.record)

    reader = threading.Thread(target=passes)
    reader.start()
    with SegmentWriter(tmp_path, max_bytes=2_000, sync_seconds=0.01) as writer:

        def write(first: int) -> None:
            for number in range(first, first + 100):
                writer.append(packed(number))

        hands = [threading.Thread(target=write, args=(first,)) for first in (0, 100)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
    stop.set()
    reader.join()
    ingest(tmp_path, shelf.record)
    assert len(shelf.rows) == 200
    assert segments(tmp_path) == []


def test_a_full_disk_is_said_once_tried_again_and_tears_nothing(tmp_path, monkeypatch):
    real, room = os.write, [0]

    def write(fd: int, data: bytes) -> int:
        if room[0] < 0:
            return real(fd, data)
        taken = min(len(data), room[0])
        room[0] -= taken
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data[:taken])

    shelf = Shelf()
    with SegmentWriter(tmp_path, sync_seconds=0.01) as writer:
        writer.append(packed(0))
        monkeypatch.setattr("tuneworthy.serve.segments.os.write", write)
        room[0] = 30
        with pytest.raises(ServeProblem) as caught:
            writer.append(packed(1))
        assert caught.value.code == "recording_failed"
        assert "No space left" in caught.value.why
        assert not writer.healthy
        with pytest.raises(ServeProblem):
            writer.append(packed(2))
        room[0] = -1
        until = time.monotonic() + 5
        while writer.fault and time.monotonic() < until:
            time.sleep(0.02)
        writer.append(packed(3))
    done = ingest(tmp_path, shelf.record)
    assert sorted(shelf.rows) == ["i0", "i3"]
    assert (done.torn_bytes, done.kept_aside) == (0, ())


def test_a_folder_that_cannot_be_made_is_a_problem(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ServeProblem, match="could not be recorded"):
        SegmentWriter(tmp_path / "file" / "log")


def test_a_closed_writer_takes_nothing_and_sizes_have_bounds(tmp_path):
    writer = SegmentWriter(tmp_path)
    with pytest.raises(ServeProblem, match="0 bytes"):
        writer.append(b"")
    writer.close()
    writer.close()
    with pytest.raises(ServeProblem, match="closed"):
        writer.append(b"x")


def test_nothing_to_ingest(tmp_path):
    assert ingest(tmp_path / "absent", Shelf().record).read == 0
