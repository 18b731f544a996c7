"""tuneworthy people: how they sign in, and where they are signed in."""

import click

from tuneworthy.cli.render import open_workspace, say, table


@click.command()
@click.argument("person")
@click.option(
    "--from", "reference", help="env:NAME or file:PATH that holds it; else you are asked."
)
@click.pass_context
def password(ctx: click.Context, person: str, reference: str | None) -> None:
    """Set the password of PERSON; all their sessions end."""
    from tuneworthy.core.secret_ref import read_secret

    workspace = open_workspace(ctx)
    if reference:
        chosen = read_secret(reference, "the new password")
    else:
        chosen = click.prompt("New password", hide_input=True, confirmation_prompt=True)
    workspace.set_password(person, chosen)
    say(ctx, {"person": person}, [f"{person} has a new password; their sessions have ended."])


@click.command()
@click.pass_context
def sessions(ctx: click.Context) -> None:
    """Everybody who is signed in."""
    found = open_workspace(ctx).open_sessions(everybody=True)
    rows = [[one.id, one.person, one.method, one.made_at[:16], one.seen_at[:16]] for one in found]
    lines = table(["Id", "Person", "By", "Since", "Seen"], rows) if rows else ["Nobody."]
    say(ctx, {"sessions": found}, lines)


@click.command(name="end-session")
@click.argument("session")
@click.option("--reason", required=True, help="Why.")
@click.pass_context
def end_session(ctx: click.Context, session: str, reason: str) -> None:
    """End a SESSION by its id, at once."""
    ended = open_workspace(ctx).end_session(session, reason)
    say(ctx, ended, [f"{ended.person} is signed out of {ended.id}."])


@click.command(name="link-account")
@click.argument("person")
@click.argument("account")
@click.option("--issuer", default="", help="Another provider than the one of the settings.")
@click.pass_context
def link_account(ctx: click.Context, person: str, account: str, issuer: str) -> None:
    """Let PERSON sign in with ACCOUNT, the provider's own name of it (its sub)."""
    made = open_workspace(ctx).link_account(person, account, issuer)
    say(ctx, made, [f"{account} of {made.issuer} is {person}."])


@click.command(name="unlink-account")
@click.argument("account")
@click.option("--issuer", default="", help="Another provider than the one of the settings.")
@click.pass_context
def unlink_account(ctx: click.Context, account: str, issuer: str) -> None:
    """Let ACCOUNT open nothing any more; its person is signed out."""
    made = open_workspace(ctx).unlink_account(account, issuer)
    say(ctx, made, [f"{account} of {made.issuer} opens nothing; {made.person} is signed out."])


@click.command()
@click.pass_context
def accounts(ctx: click.Context) -> None:
    """Accounts at an OpenID provider, and whose they are."""
    found = open_workspace(ctx).linked_accounts()
    rows = [[one.person, one.subject, one.issuer, one.set_by] for one in found]
    lines = table(["Person", "Account", "Provider", "Linked by"], rows) if rows else ["None yet."]
    say(ctx, {"accounts": found}, lines)


COMMANDS = (password, sessions, end_session, link_account, unlink_account, accounts)
