"""Versions that an S3 bucket keeps of objects that were deleted or written over.

In a bucket with versions a delete only puts a marker over the bytes. What has to be gone for good
is therefore deleted version by version, markers and all.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from tuneworthy.core.blob_ports import Lingering


class Version(NamedTuple):
    """One version of an object, or the marker that stands for its deletion."""

    key: str
    version: str
    newest: bool
    marker: bool


class S3Versions:
    """The versions below one root of a bucket.

    Args:
        fs: s3fs's file system.
        root: ``bucket/prefix``.
    """

    def __init__(self, fs: Any, root: str) -> None:
        self._fs = fs
        self._bucket, _, prefix = root.partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._kept: bool | None = None

    def forget(self, path: str) -> None:
        """Delete every version and marker of the object at ``path``; what is locked stays.

        Raises OSError where versions cannot be listed.
        """
        key = path.removeprefix(f"{self._bucket}/")
        if self._keeps_versions():
            self._delete([one for one in self._versions(key) if one.key == key])

    def sweep(self) -> list[Lingering]:
        """Delete all that is not the newest version of a live object; what could not be, and why.

        An object's name is the digest of its bytes, so an older version is either the same bytes or
        something that was deleted.
        """
        try:
            if not self._keeps_versions():
                return []
            old = [one for one in self._versions(self._prefix) if one.marker or not one.newest]
        except OSError as fault:
            why = f"the bucket's versions cannot be listed ({fault})"
            return [Lingering(f"{self._bucket}/{self._prefix}", why)]
        return self._delete(old)

    def _keeps_versions(self) -> bool:
        """Whether the bucket keeps versions, or once did; true where that is not told."""
        if self._kept is None:
            try:
                told = self._fs.call_s3("get_bucket_versioning", Bucket=self._bucket)
                self._kept = "Status" in told
            except OSError:
                self._kept = True
        return self._kept

    def _versions(self, prefix: str) -> Iterator[Version]:
        asked: dict[str, str] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page = self._fs.call_s3("list_object_versions", **asked)
            for name, marker in (("Versions", False), ("DeleteMarkers", True)):
                for one in page.get(name) or ():
                    yield Version(one["Key"], one["VersionId"], bool(one["IsLatest"]), marker)
            if not page.get("IsTruncated"):
                return
            asked["KeyMarker"] = page["NextKeyMarker"]
            asked["VersionIdMarker"] = page["NextVersionIdMarker"]

    def _delete(self, old: list[Version]) -> list[Lingering]:
        """Delete versions, then markers: without its marker what is locked would be live again."""
        left: dict[str, list[Lingering]] = defaultdict(list)
        for one in sorted(old, key=lambda one: one.marker):
            if one.marker and one.key in left:
                continue
            which = {"Bucket": self._bucket, "Key": one.key, "VersionId": one.version}
            try:
                self._fs.call_s3("delete_object", **which)
            except OSError as fault:
                left[one.key].append(self._locked(which, str(fault)))
        return [one for some in left.values() for one in some]

    def _locked(self, which: dict[str, str], said: str) -> Lingering:
        """Why a version could not be deleted, as far as the bucket tells."""
        place = f"{self._bucket}/{which['Key']}, version {which['VersionId']}"
        try:
            head = self._fs.call_s3("head_object", **which)
        except OSError:
            head = {}
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            return Lingering(place, "a legal hold of the bucket (Object Lock) is on it")
        if (until := head.get("ObjectLockRetainUntilDate")) is None:
            return Lingering(place, f"it cannot be deleted ({said})")
        day, mode = until.date().isoformat(), head["ObjectLockMode"]
        why = f"Object Lock ({mode.lower()}) holds it until {day}"
        return Lingering(place, why, day if mode == "COMPLIANCE" else "")


def versions_below(fs: Any, root: str) -> S3Versions | None:
    """The versions below a root; None where the file system is not S3."""
    named = fs.protocol if isinstance(fs.protocol, (tuple, list)) else (fs.protocol,)
    return S3Versions(fs, root) if {"s3", "s3a"} & set(named) else None
