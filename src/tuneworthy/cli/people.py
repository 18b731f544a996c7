"""tuneworthy people: who takes part, and the documents they sign."""

from pathlib import Path

import click

from tuneworthy.cli.people_accounts import COMMANDS
from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.signing import BY, KEY, REASON, next_to_confirm, open_staffed
from tuneworthy.core.nouns.passkey import PasskeyOffer
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.words import PendingChange
from tuneworthy.methods.canonical import short
from tuneworthy.methods.passkey import key_name
from tuneworthy.workspace import Workspace, write_key

ANYWAY = click.option(
    "--anyway", is_flag=True, help="Also where nobody could give a role or a key afterwards."
)


@click.group()
def people() -> None:
    """Named people, keys and signed documents."""


@people.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Everyone, with their roles."""
    workspace = open_workspace(ctx)
    found, waiting = workspace.register_people(), workspace.pending_changes()
    rows = [[p.id, p.name, _roles(p), key_name(p.public_key)] for p in found]
    lines = table(["Id", "Name", "Roles", "Key"], rows) if rows else ["Nobody yet."]
    say(ctx, {"people": found, "pending": waiting}, [*lines, *map(_waits, waiting)])


def _roles(person: Person) -> str:
    roles = ", ".join(role.value for role in person.roles) or "none yet"
    return roles if person.active else f"{roles} (not active)"


def _waits(one: PendingChange) -> str:
    until = f"from {one.holds_from[:16]} on" if one.holds_from else "waits for a confirmation"
    clock = " (accelerated clock)" if one.accelerated else ""
    return f"  {one.person} {one.change}: {until}, proposed by {one.by} ({short(one.id)}){clock}"


@people.command()
@click.argument("person")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="May be given again.")
@click.option("--public-key", default="", help="A key they have already, or their passkey.")
@click.pass_context
def add(
    ctx: click.Context, person: str, name: str, roles: tuple[str, ...], public_key: str
) -> None:
    """Add PERSON (an id) called NAME, with a new key that stays with them."""
    added = open_workspace(ctx).add_person(person, name, roles, public_key)
    theirs = f" Their private key is keys/{person}.pem: give it to them, keep no copy."
    say(
        ctx,
        {"person": added},
        [
            f"Added {name}.{'' if public_key else theirs}",
            *(
                []
                if added.roles
                else [
                    "Something was approved already, so their roles take two others: "
                    f"tuneworthy people grant {person} {roles[0]} --by PERSON --reason '...'"
                ]
            ),
        ],
    )


@people.command()
@click.argument("person")
@click.argument("role")
@BY
@REASON
@KEY
@click.pass_context
def grant(
    ctx: click.Context, person: str, role: str, by: str, reason: str, key: Path | None
) -> None:
    """Propose that PERSON holds one more ROLE; another confirms it, and it holds a day later."""
    workspace = open_staffed(ctx)
    made = workspace.grant(person, role, by, reason, key)
    say(
        ctx,
        made,
        [
            f"{by} proposes that {person} becomes {role.replace('_', ' ')}.",
            next_to_confirm(short(made.id)),
        ],
    )


@people.command()
@click.argument("change")
@BY
@REASON
@KEY
@click.pass_context
def confirm(ctx: click.Context, change: str, by: str, reason: str, key: Path | None) -> None:
    """Confirm a proposed CHANGE (its first digits, or the person it is about)."""
    workspace = open_staffed(ctx)
    made = workspace.confirm_change(change, by, reason, key)
    say(ctx, made, [f"{made.person} {made.change} from {made.holds_from[:16]} on."])


@people.command()
@click.argument("person")
@click.argument("role")
@BY
@REASON
@KEY
@ANYWAY
@click.pass_context
def revoke(
    ctx: click.Context,
    person: str,
    role: str,
    by: str,
    reason: str,
    key: Path | None,
    anyway: bool,
) -> None:
    """Take ROLE from PERSON, at once; what they approved in it counts no longer."""
    workspace = open_staffed(ctx)
    made = workspace.revoke(person, role, by, reason, key, anyway=anyway)
    say(ctx, made, [f"{person} is {role.replace('_', ' ')} no longer.", *_shut(workspace, person)])


@people.command()
@click.argument("person")
@BY
@REASON
@KEY
@ANYWAY
@click.pass_context
def deactivate(
    ctx: click.Context, person: str, by: str, reason: str, key: Path | None, anyway: bool
) -> None:
    """Put PERSON out of duty, at once; they are never deleted."""
    workspace = open_staffed(ctx)
    made = workspace.deactivate(person, by, reason, key, anyway=anyway)
    said = f"{person} is not active any more. What they signed stays on record."
    say(ctx, made, [said, *_shut(workspace, person)])


@people.command(name="withhold-name")
@click.argument("person")
@REASON
@click.pass_context
def withhold_name(ctx: click.Context, person: str, reason: str) -> None:
    """Forget the name of PERSON, who is out of duty; their id and what they signed stay."""
    workspace = open_staffed(ctx)
    file = workspace.project.people
    made = workspace.withhold_name(person, reason)
    said = f"{person} has no name in the ledger any more. Take it out of {file} and backups too."
    say(ctx, {"person": made}, [said])


@people.command(name="change-key")
@click.argument("person")
@click.argument("public_key")
@BY
@REASON
@KEY
@click.pass_context
def change_key(
    ctx: click.Context, person: str, public_key: str, by: str, reason: str, key: Path | None
) -> None:
    """Propose PUBLIC_KEY (64 hex digits, or passkey:...) for PERSON; it waits as a grant does."""
    workspace = open_staffed(ctx)
    made = workspace.change_key(person, public_key, by, reason, key)
    say(
        ctx,
        made,
        [
            f"{by} proposes another key for {person}.",
            next_to_confirm(short(made.id)),
        ],
    )


@people.command(name="new-key")
@click.argument("path", type=click.Path(path_type=Path))
@click.pass_context
def new_key(ctx: click.Context, path: Path) -> None:
    """Write a new private key to PATH and print its public half."""
    public = write_key(path)
    say(ctx, {"public_key": public, "file": path}, [public])


@people.command()
@click.pass_context
def pending(ctx: click.Context) -> None:
    """Roles and keys that do not hold yet, and what they wait for."""
    workspace = open_workspace(ctx)
    found, offers = workspace.pending_changes(), workspace.passkey_offers()
    lines = [*map(_waits, found), *(line for one in offers for line in _offered(one))]
    say(ctx, {"pending": found, "offers": offers}, lines or ["Nothing waits."])


def _offered(one: PasskeyOffer) -> list[str]:
    """A passkey that somebody made, and how it becomes their key."""
    name, asked = key_name(one.public_key), f"{one.person} {one.public_key}"
    return [
        f"  {one.person} made the {name}. Compare the letters with theirs, then:",
        f"    tuneworthy people change-key {asked} --by PERSON --reason '...'",
    ]


def _shut(workspace: Workspace, person: str) -> list[str]:
    """The gates that lack this person's word now, where they have all their evidence."""
    lines = []
    for state in (g for g in workspace.gates() if not g.missing_evidence and not g.open):
        # Only what was theirs is told: that the others sign in another order now follows from it.
        theirs = [one for one in state.void if one.startswith(f"{person} as ")]
        lines += [f"  The {state.gate.value} gate is shut now: {one}" for one in theirs]
    return lines


@people.command()
@click.argument("document")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", "person", required=True, help="Who signs.")
@click.option("--key", type=click.Path(path_type=Path), help="Their private key.")
@click.pass_context
def attest(ctx: click.Context, document: str, path: Path, person: str, key: Path | None) -> None:
    """Keep the file at PATH as DOCUMENT (labelling_guide, policy, ...), signed by a person."""
    workspace = open_staffed(ctx)
    claim = workspace.attest(document, path, person, key)
    say(ctx, claim, [f"{person} signed {path} as {document}."])


for _command in COMMANDS:
    people.add_command(_command)
