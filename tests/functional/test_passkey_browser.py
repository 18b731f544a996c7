"""A passkey of the real Chromium: made on our origin, given as a key, and a gate approved by it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import tuneworthy
from tests.fakes import chromium
from tests.fakes.chromium import Page
from tests.fakes.small_project import SmallTrainer, make_small, prepared, tick
from tuneworthy.api.control.server import ControlServer
from tuneworthy.core.clock import FixedClock
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.govern import verifier
from tuneworthy.lifecycle import gates, packing
from tuneworthy.workspace import Workspace

pytestmark = pytest.mark.skipif(
    chromium.PROGRAM is None, reason="no Chromium here: apt-get install chromium"
)

ASK = """
let csrf = "";
async function ask(path, body) {
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(JSON.stringify(told));
  csrf = told.csrf || csrf;
  return told;
}
const make = (options) => navigator.credentials.create(
  { publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
const sign = (options) => navigator.credentials.get(
  { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
"""
REGISTER = """(async () => {
  await ask("/control/session/link", { secret: SECRET });
  const { publicKey } = await ask("/control/passkeys/options", {});
  const made = await make(publicKey);
  return (await ask("/control/passkeys", { response: made.toJSON() })).offer;
})()"""
APPROVE = """(async () => {
  const { publicKey } = await ask("/control/session/passkey/options", {});
  const came = await sign(publicKey);
  const session = await ask("/control/session/passkey", { response: came.toJSON() });
  const said = { reason: "seen in the browser", decision: "approve" };
  const asked = await ask("/control/gates/proof/decision/options", said);
  const signed = await sign(asked.options);
  const answer = { ...said, started_at: asked.started_at, response: signed.toJSON() };
  const made = await ask("/control/gates/proof/decision", answer);
  return { method: session.session.method, approval: made.approval };
})()"""


@pytest.fixture
def workspace(tmp_path: Path) -> Any:
    home = make_small(tmp_path / "p")
    with tuneworthy.open(home, clock=FixedClock(datetime(2026, 3, 1, tzinfo=UTC))) as opened:
        runtime = opened._runtime
        runtime.__dict__["trainer"] = SmallTrainer()
        runtime.__dict__["base_identity"] = BaseIdentity(base="b", tokenizer="t", template="c")
        prepared(runtime)
        yield opened


async def visit(workspace: Workspace, url: str, folder: Path) -> Any:
    async with chromium.browsing(folder, url) as page:
        await page.run(ASK + "1")
        secret = json.dumps(workspace.make_sign_in_link("ed"))
        made = await page.run(REGISTER.replace("SECRET", secret))
        give(workspace, made["public_key"])
        return await in_force(workspace, page)


def give(workspace: Workspace, public_key: str) -> None:
    """Two others make it Ed's key, and a day goes by."""
    assert [one.public_key for one in workspace.passkey_offers()] == [public_key]
    workspace.change_key("ed", public_key, "bo", "Ed read the letters to me")
    tick(workspace._runtime)
    workspace.confirm_change("ed", "cy", "and to me")
    tick(workspace._runtime, hours=25)


async def in_force(workspace: Workspace, page: Page) -> Any:
    found = await page.run(APPROVE)
    approval = found["approval"]
    assert (found["method"], approval["person"]) == ("passkey", "ed")
    return approval


def test_a_gate_is_approved_in_the_browser(workspace: Workspace, tmp_path: Path) -> None:
    with ControlServer(workspace) as server:
        url = f"http://localhost:{server.place.port}/sign-in"
        approval = asyncio.run(visit(workspace, url, tmp_path / "profile"))
    state = gates.state(workspace._runtime, GateName.PROOF)
    assert state.approvers == {"model_owner": "ed"}
    entry = approval["envelope"]["signatures"][0]
    assert set(entry) == {"keyid", "sig", "authenticatorData", "clientDataJSON"}
    assert workspace.verify_audit().verified
    packing.export(workspace._runtime, tmp_path / "pack.zip")
    assert verifier.check((tmp_path / "pack.zip").read_bytes())["verified"]
