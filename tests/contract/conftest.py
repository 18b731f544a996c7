"""Real databases for the contract: a SQLite file, and a PostgreSQL server of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.postgres import NoServerError, new_database, server
from tuneworthy.core.clock import SystemClock
from tuneworthy.store import open_store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server that lives in a temporary folder and listens on a socket there."""
    try:
        with server() as url:
            yield url
    except NoServerError as fault:
        if os.environ.get("TUNEWORTHY_REQUIRE_POSTGRES") == "1":
            pytest.fail(str(fault))
        pytest.skip(str(fault))


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
