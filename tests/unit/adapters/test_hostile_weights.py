"""Files that claim to be an adapter: what is not plain, sound safetensors is refused unopened."""

import json
import os
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuneworthy.core.errors import IntegrityProblem, StoreProblem
from tuneworthy.store import open_blobs

lora = pytest.importorskip("tuneworthy.adapters.lora")

STEM = "base_model.model.layers.0.q_proj"
CONFIG = {"peft_type": "LORA", "r": 2, "lora_alpha": 4, "bias": "none"}
SOUND: dict[str, Any] = {
    f"{STEM}.lora_A.weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
    f"{STEM}.lora_B.weight": {"dtype": "F32", "shape": [3, 2], "data_offsets": [24, 48]},
}
DATA = struct.pack("<12f", *(0.1 * n for n in range(12)))
A, B = SOUND


def weights(header: object, data: bytes = DATA, length: int | None = None) -> bytes:
    """A safetensors file: header length (8 bytes, little-endian), JSON header, tensors."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def changed(name: str, **facts: Any) -> dict[str, Any]:
    return {**SOUND, name: {**SOUND[name], **facts}}


def adapter(folder: Path, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / lora.CONFIG).write_text(json.dumps(CONFIG), "utf-8")
    (folder / lora.WEIGHTS).write_bytes(content)
    return folder


def test_the_sound_one_is_read(tmp_path: Path) -> None:
    found = lora.read_adapter(adapter(tmp_path / "a", weights(SOUND)))
    assert list(found.factors) == ["layers.0.q_proj"]


HOSTILE = {
    "empty file": b"",
    "shorter than its length": b"\x01\x02",
    "no header": weights(b"", length=0),
    "a header longer than the file": weights(SOUND, length=10**6),
    "a header of eight exabytes": weights(SOUND, length=2**63),
    "a header that is no JSON": weights(b"{nonsense"),
    "a header that is a list": weights([1, 2]),
    "a name twice": weights(
        json.dumps(SOUND)[:-1].encode() + b", " + json.dumps(SOUND).encode()[1:]
    ),
    "tensors that overlap": weights(changed(B, data_offsets=[12, 36])),
    "a hole between tensors": weights(changed(B, data_offsets=[28, 52]), DATA + b"abcd"),
    "a tensor past the end": weights(changed(B, data_offsets=[24, 4800])),
    "a tensor that ends before it begins": weights(changed(B, data_offsets=[48, 24])),
    "a negative place": weights(changed(A, data_offsets=[-24, 0])),
    "a shape that does not fit its bytes": weights(changed(A, shape=[2, 300])),
    "a shape that overflows": weights(changed(A, shape=[2**62, 2**62])),
    "an unknown type": weights(changed(A, dtype="PICKLE")),
    "bytes after the last tensor": weights(SOUND, DATA + b"#!/bin/sh"),
    "no tensors": weights({}, b""),
    "a tensor of another kind": weights({"other": SOUND[A], B: SOUND[B]}),
    "one factor alone": weights({A: SOUND[A]}, DATA[:24]),
    "factors of another rank": weights(changed(A, shape=[3, 2])),
    "infinite weights": weights(SOUND, struct.pack("<12f", *[float("inf")] * 12)),
    "no numbers": weights(SOUND, struct.pack("<12f", *[float("nan")] * 12)),
}


def test_a_header_too_long_to_be_one_is_not_read(tmp_path: Path) -> None:
    """A sparse file: its length is true, and so is that of its header."""
    folder = adapter(tmp_path / "a", struct.pack("<Q", 2**25))
    with (folder / lora.WEIGHTS).open("r+b") as file:
        file.truncate(2**25 + 8)
    with pytest.raises(IntegrityProblem) as caught:
        lora.read_adapter(folder)
    assert "more than" in caught.value.why


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_weights_are_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(IntegrityProblem) as caught:
        lora.read_adapter(adapter(tmp_path / "a", content))
    assert caught.value.code == "bad_adapter"


class Payload:
    """Unpickling it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._mark),)


PICKLES = (
    "adapter_model.bin", "pytorch_model.bin", "weights.pt", "weights.pth", "model.ckpt", "a.pkl",
    "a.pickle", "a.joblib", "a.npy", "a.npz", "training_args.bin", "model.h5", "model.keras",
    "model.gguf", "model.onnx", "evil.py", "evil.so", "archive.zip", "archive.tar", "noending",
    "upper.SAFETENSORS.PKL", "adapter_model.safetensors.bin",
)  # fmt: skip


@pytest.mark.parametrize("name", PICKLES)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_beside_the_weights_are_refused_by_name(
    tmp_path: Path, name: str, protocol: int
) -> None:
    folder = adapter(tmp_path / "a", weights(SOUND))
    (folder / name).write_bytes(pickle.dumps(Payload(tmp_path / "mark"), protocol))
    (folder / name).chmod(0)  # whoever is not root could not even open it
    with pytest.raises(IntegrityProblem, match="not usable") as caught:
        lora.read_adapter(folder)
    assert name in caught.value.why
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_in_the_place_of_the_weights_is_not_run(tmp_path: Path, protocol: int) -> None:
    content = pickle.dumps(Payload(tmp_path / "mark"), protocol)
    for bytes_ in (content, struct.pack("<Q", len(content)) + content):
        with pytest.raises(IntegrityProblem):
            lora.read_adapter(adapter(tmp_path / "a", bytes_))
    assert not (tmp_path / "mark").exists()


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    target = path.parent.parent / "elsewhere"
    path.with_name("elsewhere").rename(target)
    path.symlink_to(target)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["adapter_model.safetensors", "adapter_config.json"])
@pytest.mark.parametrize("replace", [link, pipe])
def test_links_and_pipes_are_refused_unopened(
    tmp_path: Path, name: str, replace: Callable[[Path], None]
) -> None:
    folder = adapter(tmp_path / "a", weights(SOUND))
    replace(folder / name)
    with pytest.raises(IntegrityProblem, match="not usable"):
        lora.read_adapter(folder)


def test_a_linked_folder_inside_is_refused(tmp_path: Path) -> None:
    folder = adapter(tmp_path / "a", weights(SOUND))
    (folder / "more").symlink_to("/etc")
    with pytest.raises(IntegrityProblem, match="not usable"):
        lora.read_adapter(folder)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(content=st.binary(max_size=200) | st.binary(max_size=60).map(lambda b: weights(b)))
def test_any_bytes_are_refused_and_nothing_breaks(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(IntegrityProblem):
        lora.read_adapter(adapter(tmp_path / "a", content))


def test_every_flipped_bit_is_refused_or_is_another_adapter(tmp_path: Path) -> None:
    whole = weights(SOUND)
    genuine = lora.adapter_digest(adapter(tmp_path / "a", whole))
    for place in range(0, 8 * len(whole), 7):
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        folder = adapter(tmp_path / "a", bytes(content))
        assert lora.adapter_digest(folder) != genuine
        try:
            assert lora.read_adapter(folder).digest != genuine
        except IntegrityProblem:
            continue


ALTERED: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda data: bytes([data[0] ^ 1]) + data[1:],
    "bytes at the end": lambda data: data + b"\0",
    "a cut end": lambda data: data[:-1],
    "nothing left": lambda _: b"",
}


@pytest.mark.parametrize("name", [lora.WEIGHTS, lora.CONFIG])
@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED.keys())
@pytest.mark.parametrize("linked", [False, True])
def test_what_was_altered_after_it_was_kept_is_not_loaded(
    tmp_path: Path, name: str, alter: Callable[[bytes], bytes], linked: bool
) -> None:
    """Approved by its digest, then altered in the blob store, in place or behind a link."""
    blobs = open_blobs(str(tmp_path / "blobs"))
    folder = adapter(tmp_path / "a", weights(SOUND))
    approved = blobs.put_tree(folder)
    assert lora.adapter_digest(blobs.get_tree(approved, tmp_path / "out")) == approved
    one = blobs.put((folder / name).read_bytes()).removeprefix("sha256:")
    kept = tmp_path / "blobs" / "sha256" / one[:2] / one[2:]
    altered = alter(kept.read_bytes())
    if linked:
        (tmp_path / "other").write_bytes(altered)
        kept.unlink()
        kept.symlink_to(tmp_path / "other")
    else:
        kept.write_bytes(altered)
    with pytest.raises((IntegrityProblem, StoreProblem)):
        blobs.get_tree(approved, tmp_path / "again")
    assert not (tmp_path / "again").exists()
