"""In a bucket that keeps versions nothing is left of a deleted blob: every byte is read back.

The S3 server is moto's, in this process and on a port of its own.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.fakes.s3_server import bucket, kept, markers, serving
from tuneworthy.core.errors import StoreProblem
from tuneworthy.store import open_blobs
from tuneworthy.store.blobs import FsspecBlobs

MARK = b"somebody's words, to be erased"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    with serving() as client:
        yield client


def opened(name: str) -> FsspecBlobs:
    return open_blobs(f"s3://{name}/blobs")


def test_a_plain_delete_would_leave_the_bytes(s3: Any) -> None:
    """What this is about: the server does keep what is deleted without naming a version."""
    name = bucket(s3)
    s3.put_object(Bucket=name, Key="blobs/x", Body=MARK)
    s3.delete_object(Bucket=name, Key="blobs/x")
    assert kept(s3, name) == [MARK]
    assert not opened(name).sweep()
    assert kept(s3, name) == []
    assert not markers(s3, name)


@pytest.mark.parametrize("status", ["Enabled", "Suspended", ""])
def test_no_version_of_a_removed_blob_is_left(s3: Any, status: str) -> None:
    name = bucket(s3, versions=bool(status))
    blobs = opened(name)
    gone, stays = blobs.put(MARK), blobs.put(b"others")
    if status == "Suspended":
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": status})
        blobs = opened(name)
    assert sorted(kept(s3, name)) == sorted([MARK, b"others"]), "the draft has left versions"
    assert blobs.remove(gone)
    assert kept(s3, name) == [b"others"]
    assert not markers(s3, name)
    assert not blobs.remove(gone)
    assert blobs.get(stays) == b"others"


def test_what_was_deleted_before_is_swept_and_live_blobs_stay(s3: Any) -> None:
    name = bucket(s3)
    blobs = opened(name)
    stays = blobs.put(b"others")
    for body in (MARK, MARK + b"2"):
        s3.put_object(Bucket=name, Key="blobs/draft/killed", Body=body)
    s3.delete_object(Bucket=name, Key="blobs/draft/killed")
    s3.put_object(Bucket=name, Key="elsewhere/x", Body=b"1")
    s3.delete_object(Bucket=name, Key="elsewhere/x")
    assert blobs.sweep() == []
    assert sorted(kept(s3, name)) == [b"1", b"others"], "only what lies below our root is ours"
    assert blobs.get(stays) == b"others"


def test_more_versions_than_one_page_holds(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    name = bucket(s3)
    for number in range(7):
        s3.put_object(Bucket=name, Key="blobs/x", Body=MARK + bytes([number]))
    s3.delete_object(Bucket=name, Key="blobs/x")
    blobs = opened(name)
    ask = blobs._fs.call_s3
    pages: list[str] = []

    def two_at_a_time(method: str, **told: Any) -> Any:
        pages.append(method)
        return ask(method, **told, **({"MaxKeys": 2} if method.startswith("list_") else {}))

    monkeypatch.setattr(blobs._fs, "call_s3", two_at_a_time)
    assert blobs.sweep() == []
    assert kept(s3, name) == []
    assert pages.count("list_object_versions") >= 4


LOCKS = {
    "COMPLIANCE": ("compliance) holds it until 2031-05-06", "2031-05-06"),
    "GOVERNANCE": ("governance) holds it until 2031-05-06", ""),
    "": ("legal hold", ""),
}


@pytest.mark.parametrize("mode", LOCKS)
def test_a_locked_version_is_named_and_stays_deleted(s3: Any, mode: str) -> None:
    name = bucket(s3, versions=False, ObjectLockEnabledForBucket=True)
    blobs = opened(name)
    digest = blobs.put(MARK)
    (one,) = s3.list_object_versions(Bucket=name)["Versions"]
    s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    until = datetime(2031, 5, 6, tzinfo=UTC)
    lock = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until} if mode else {}
    s3.put_object(
        Bucket=name,
        Key=one["Key"],
        Body=MARK,
        **(lock or {"ObjectLockLegalHoldStatus": "ON"}),
    )
    blobs = opened(name)
    assert blobs.remove(digest)
    assert not blobs.has(digest), "its marker stays over what is locked"
    for _ in range(2):
        (left,) = blobs.sweep()
        assert left.place.startswith(f"{name}/{one['Key']}, version ")
        assert (LOCKS[mode][0] in left.why, left.until) == (True, LOCKS[mode][1])
    assert not opened(name).has(digest)
    assert kept(s3, name) == [MARK], "what is reported as left is left"


def test_versions_that_may_not_be_listed_are_named(
    s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = bucket(s3)
    blobs = opened(name)
    digest = blobs.put(MARK)
    ask = blobs._fs.call_s3

    def denied(method: str, **told: Any) -> Any:
        if method in ("list_object_versions", "get_bucket_versioning"):
            raise PermissionError("Access Denied")
        return ask(method, **told)

    blobs = opened(name)
    monkeypatch.setattr(blobs._fs, "call_s3", denied)
    assert blobs.remove(digest)
    (left,) = blobs.sweep()
    assert "cannot be listed" in left.why
    with pytest.raises(StoreProblem):
        blobs.get(digest)
