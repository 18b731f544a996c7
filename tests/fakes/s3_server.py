"""An S3 server in this process (moto's), on a port of its own, with its buckets in memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

NUMBERS = count(1)


@contextmanager
def serving() -> Iterator[Any]:
    """A client of the server; who asks for ``s3://`` meanwhile is sent there. Skips without one."""
    s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    moto = pytest.importorskip("moto.server", reason="moto's server (moto, flask) is missing")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("no_proxy", f"{host},{os.environ.get('no_proxy', '')}")
        client = boto3.client("s3")
        try:
            yield client
        finally:
            client.close()
            s3fs.S3FileSystem.clear_instance_cache()  # it would ask this server for ever
            server.stop()


def bucket(s3: Any, *, versions: bool = True, **more: Any) -> str:
    """A new bucket, which keeps versions unless told otherwise."""
    name = f"shop-{next(NUMBERS)}"
    s3.create_bucket(Bucket=name, **more)
    if versions:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def kept(s3: Any, name: str) -> list[bytes]:
    """The bytes of every version of every object, as the server gives them out."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=name)
    return [
        s3.get_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for page in pages
        for one in page.get("Versions", ())
    ]


def markers(s3: Any, name: str) -> list[dict[str, Any]]:
    """What stands for deleted objects."""
    return list(s3.list_object_versions(Bucket=name).get("DeleteMarkers", ()))
