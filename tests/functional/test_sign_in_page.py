"""The page of sign-in in a real browser, where one is installed."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import tuneworthy
from tuneworthy.api.control.server import ControlServer
from tuneworthy.workspace import Workspace

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt-get install chromium")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workspace]:
    tuneworthy.init(tmp_path / "project")
    with tuneworthy.open(tmp_path / "project") as opened:
        opened.add_person("ana", "Ana <b>Bold</b>", ["governance_owner"])
        yield opened


def shown(url: str, profile: Path) -> str:
    """The page as it stands when its script has run."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=True).stdout


def test_a_link_signs_in_once_and_the_browser_stays_signed_in(
    work: Workspace, tmp_path: Path
) -> None:
    with ControlServer(work) as server:
        link = f"{server.url}/sign-in#{work.make_sign_in_link('ana')}"
        page = tmp_path / "go.html"
        page.write_text(f'<meta http-equiv="refresh" content="0;url={link}">', encoding="utf-8")
        first = shown(page.as_uri(), tmp_path / "one")
        assert "You are signed in as Ana &lt;b&gt;Bold&lt;/b&gt;." in first
        assert "You are signed in as Ana" in shown(f"{server.url}/sign-in", tmp_path / "one")
        other = shown(link, tmp_path / "two")
        assert "This link opens nothing." in other
        assert '<form id="form">' in other
        assert "Sign in." in shown(f"{server.url}/sign-in", tmp_path / "two")
    assert [one.person for one in work.open_sessions(everybody=True)] == ["ana"]
