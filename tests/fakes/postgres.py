"""A PostgreSQL server of one's own, in a temporary folder, for as long as it is needed."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import make_url


class NoServerError(Exception):
    """PostgreSQL is not installed, or does not start here."""


@contextmanager
def server() -> Iterator[str]:
    """The URL, with ``{database}`` in it, of a server that listens on a socket in its folder.

    Raises NoServerError.
    """
    binaries = _binaries()
    if binaries is None:
        raise NoServerError("PostgreSQL is not installed (no initdb)")
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
        raise NoServerError(f"PostgreSQL does not start here: {fault}") from fault
    try:
        yield f"postgresql://tuneworthy@/{{database}}?host={folder}"
    finally:
        run(str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str, of: str = "") -> str:
    """The URL of a new database of a server: empty, or a copy of the one with a URL."""
    name = f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server.format(database="postgres"), autocommit=True) as connection:
        made = SQL("CREATE DATABASE {}").format(Identifier(name))
        if of:
            copied = Identifier(make_url(of).database or "")
            made = SQL("{} TEMPLATE {}").format(made, copied)
        connection.execute(made)
    return server.format(database=name)


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
