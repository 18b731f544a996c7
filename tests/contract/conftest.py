"""Real databases for the contract: a SQLite file, and a PostgreSQL server of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tuneworthy.core.clock import SystemClock
from tuneworthy.store import open_store


def _binaries() -> Path | None:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    candidates = ([Path(found).resolve().parent] if found else []) + folders
    return next((folder for folder in candidates if (folder / "pg_ctl").exists()), None)


def _servant() -> tuple[list[str], int]:
    """How to run a command as somebody whom PostgreSQL accepts, and who that is."""
    if os.getuid() != 0:
        return [], os.getuid()
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    entry = pwd.getpwnam(user)
    change = [f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    return ["setpriv", *change, "--"], entry.pw_uid


def _absent(reason: str) -> None:
    if os.environ.get("TUNEWORTHY_REQUIRE_POSTGRES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that lives in a temporary folder and listens on a socket there."""
    binaries = _binaries()
    if binaries is None:
        _absent("PostgreSQL is not installed (no initdb)")
    assert binaries is not None
    servant, uid = _servant()
    # Short, because a socket's path may have 107 bytes at most.
    folder = Path(tempfile.mkdtemp(prefix="tw-pg-"))
    os.chown(folder, uid, -1)
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run(
            [*servant, *command], check=True, cwd=folder, env={"PATH": "/usr/bin:/bin"}, timeout=60,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    setup = ["-U", "tuneworthy", "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8"]
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    try:
        run(str(binaries / "initdb"), "-D", str(data), *setup)
        log = str(folder / "log")
        run(str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", log, "-o", options, "start")
    except (OSError, subprocess.SubprocessError) as fault:
        shutil.rmtree(folder, ignore_errors=True)
        _absent(f"PostgreSQL does not start here: {fault}")
    try:
        yield f"postgresql://tuneworthy@/{{database}}?host={folder}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.format(database="postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return server.format(database=name)


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return new_database(str(request.getfixturevalue("postgres_server")))


@pytest.fixture
def store(store_url):
    with open_store(store_url, SystemClock()) as opened:
        yield opened
