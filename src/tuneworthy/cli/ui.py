"""tuneworthy ui: the control API on this machine, and a link that signs its user in."""

import signal
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say

_HTML = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={}">'


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8081, show_default=True,
    help="0 takes any free one.",
)  # fmt: skip
@click.option("--public-url", default="", help="https://... that a proxy with TLS answers at.")
@click.option("--proxy", "proxies", multiple=True, help="Its address, if not here.")
@click.option("--open/--no-open", "opens", default=True, help="Sign in with the browser here.")
@click.option("--print-link", is_flag=True, help="Print the one-time link instead.")
@click.pass_context
def ui(
    ctx: click.Context,
    host: str,
    port: int,
    public_url: str,
    proxies: tuple[str, ...],
    opens: bool,
    print_link: bool,
) -> None:
    """Run the control API until Ctrl+C, and sign in on this machine.

    The one-time link is good for five minutes and one sign-in. It goes to the browser by a file
    that only you can read, and is never printed unless --print-link asks for it.
    """
    from tuneworthy.api.control.server import ControlServer

    workspace = open_workspace(ctx)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ControlServer(workspace, host, port, public=public_url, proxies=proxies) as server:
        lines = [f"Control API at {server.url}. Stop: Ctrl+C"]
        told = {"url": server.url}
        if server.place.local and print_link:
            told["link"] = f"{server.url}/sign-in#{workspace.make_sign_in_link()}"
            lines.append(f"  Sign in within five minutes, once: {told['link']}")
        say(ctx, told, lines)
        if server.place.local and opens and not print_link:
            secret = workspace.make_sign_in_link()
            with _handed(workspace.state_folder, f"{server.url}/sign-in#{secret}") as page:
                if not webbrowser.open(page.as_uri()):
                    click.echo(
                        "  No browser here. For a link: tuneworthy ui --print-link", err=True
                    )
                stop.wait()
        else:
            stop.wait()


@contextmanager
def _handed(folder: Path, link: str) -> Iterator[Path]:
    """A page that leads to the link: what stands on a command line, others on the machine see."""
    page = folder / "sign-in.html"
    page.unlink(missing_ok=True)
    page.touch(mode=0o600, exist_ok=False)
    try:
        page.write_text(_HTML.format(link), encoding="utf-8")
        yield page
    finally:
        page.unlink(missing_ok=True)
