"""The one zip file that a set of files has, written and read so that no byte is left over."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tuneworthy.govern.verifier.forms import Fault

MOST = 2**32
"""Bytes that a plain zip file can hold."""


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """The one zip file of these files: by name, not compressed, no times; below 4 GiB."""
    if sum(len(data) + 200 for data in files.values()) >= MOST:
        raise Fault("a pack holds less than 4 GiB")
    body, index = bytearray(), bytearray()
    for name in sorted(files):
        data, raw = files[name], name.encode("ascii")
        facts = struct.pack("<HHHHIII", 0, 0, 0, 33, zlib.crc32(data), len(data), len(data))
        index += struct.pack("<4sHH", b"PK\x01\x02", 20, 20) + facts
        index += struct.pack("<HHHHHII", len(raw), 0, 0, 0, 0, 0, len(body)) + raw
        body += struct.pack("<4sH", b"PK\x03\x04", 20) + facts
        body += struct.pack("<HH", len(raw), 0) + raw + data
    end = struct.pack(
        "<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(files), len(files), len(index), len(body), 0
    )
    return bytes(body + index + end)


def unzip(data: bytes) -> dict[str, bytes]:
    """The files of a pack, every byte of which is accounted for. Raises Fault."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            entries = pack.infolist()
            if sum(entry.file_size for entry in entries) > len(data):
                raise Fault("not an audit pack: it is compressed")
            files = {entry.filename: pack.read(entry) for entry in entries}
        same = zip_bytes(files) == data
    except Fault:
        raise
    except Exception as fault:  # noqa: BLE001 - whatever zipfile makes of bytes that are no zip
        raise Fault(f"not a readable audit pack: {fault}") from None
    if not same:
        raise Fault("the zip file is not the one that was written: bytes of it were changed")
    return files
