"""The real Chromium, headless, driven over its DevTools protocol; its authenticator is virtual."""

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
AUTHENTICATOR = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


class Page:
    """One page of the browser."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self._asked, self._session = socket, 0, ""

    async def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self._asked += 1
        sent: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if self._session:
            sent["sessionId"] = self._session
        await self._socket.send_json(sent)
        while True:
            told = json.loads(await self._socket.receive_str(timeout=60))
            if told.get("id") == self._asked:
                assert "error" not in told, told["error"]
                return dict(told["result"])

    async def begin(self, url: str) -> None:
        """Open a page with a virtual authenticator, and wait until it is there."""
        target = await self.say("Target.createTarget", url="about:blank")
        at = await self.say("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = at["sessionId"]
        await self.say("WebAuthn.enable")
        await self.say("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
        await self.say("Page.navigate", url=url)
        await self.run("new Promise(go => document.readyState === 'complete' ? go(1) "
                       ": addEventListener('load', () => go(1)))")  # fmt: skip

    async def run(self, script: str) -> Any:
        """The value of a script's promise, as JSON."""
        found = await self.say(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True,
            userGesture=True,
        )  # fmt: skip
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")


@contextlib.asynccontextmanager
async def browsing(folder: Path, url: str) -> AsyncIterator[Page]:
    """A page of a browser of its own, which ends with the block."""
    assert PROGRAM is not None
    command = [
        PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
        "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    quiet = asyncio.subprocess.DEVNULL
    program = await asyncio.create_subprocess_exec(
        *command, stdout=quiet, stderr=asyncio.subprocess.PIPE
    )
    try:
        address = await _address(program)
        async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
            page = Page(socket)
            await page.begin(url)
            yield page
            await page.say("Browser.close")
    finally:
        with contextlib.suppress(ProcessLookupError):
            program.terminate()
        await asyncio.wait_for(program.communicate(), 30)


async def _address(program: asyncio.subprocess.Process) -> str:
    """Where the browser listens, as it says itself."""
    assert program.stderr is not None
    said = []
    async for line in program.stderr:
        if line.startswith(b"DevTools listening on "):
            return line.decode().removeprefix("DevTools listening on ").strip()
        said.append(line.decode())
    raise AssertionError("the browser did not start: " + "".join(said)[-500:])
