"""tuneworthy keys: what programs show at the gateway's door."""

import click

from tuneworthy.cli.render import open_workspace, say, table


@click.group()
def keys() -> None:
    """Keys by which programs use the gateway."""


@keys.command()
@click.argument("name")
@click.option(
    "--scope", "scopes", multiple=True, required=True,
    help="chat, feedback, trace or control; may be given again.",
)  # fmt: skip
@click.option("--days", default=90, show_default=True, help="How long it lives; 366 at most.")
@click.pass_context
def create(ctx: click.Context, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a key called NAME; its token is printed once."""
    made = open_workspace(ctx).create_api_key(name, scopes, days)
    lines = [
        made.token,
        f"Key {made.key.id} ({name}) until {made.key.expires_at[:10]}. The token is not kept here "
        "and cannot be shown again.",
    ]
    say(ctx, made, lines)


@keys.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Every key with its state; tokens are not kept."""
    found = open_workspace(ctx).api_keys()
    rows = [
        [one.key.id, one.key.name, ", ".join(one.key.scopes), one.state, one.key.expires_at[:10]]
        for one in found
    ]
    nothing = ["No key yet: the gateway asks for none."]
    say(
        ctx,
        {"keys": found},
        table(["Id", "Name", "Scopes", "State", "Until"], rows) if rows else nothing,
    )


@keys.command()
@click.argument("key")
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def revoke(ctx: click.Context, key: str, reason: str) -> None:
    """Revoke KEY (its id, or a name that one key in use has), for good."""
    ended = open_workspace(ctx).revoke_api_key(key, reason)
    say(ctx, ended, [f"{ended.key.id} ({ended.key.name}) is revoked; gateways refuse it now."])
