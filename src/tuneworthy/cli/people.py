"""tuneworthy people: who takes part, and the documents they sign."""

from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, table


@click.group()
def people() -> None:
    """Named people, keys and signed documents."""


@people.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Everyone, with their roles."""
    found = open_workspace(ctx).register_people()
    rows = [[p.id, p.name, ", ".join(r.value for r in p.roles), p.public_key[:12]] for p in found]
    lines = table(["Id", "Name", "Roles", "Key"], rows) if rows else ["Nobody yet."]
    say(ctx, {"people": found}, lines)


@people.command()
@click.argument("person")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="May be given again.")
@click.pass_context
def add(ctx: click.Context, person: str, name: str, roles: tuple[str, ...]) -> None:
    """Add PERSON (an id) called NAME, with a new key that stays with them."""
    added = open_workspace(ctx).add_person(person, name, roles)
    say(
        ctx,
        {"person": added},
        [f"Added {name}. Their private key is keys/{person}.pem: give it to them, keep no copy."],
    )


@people.command()
@click.argument("document")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--by", "person", required=True, help="Who signs.")
@click.option("--key", type=click.Path(path_type=Path), help="Their private key.")
@click.pass_context
def attest(ctx: click.Context, document: str, path: Path, person: str, key: Path | None) -> None:
    """Keep the file at PATH as DOCUMENT (labelling_guide, policy, ...), signed by a person."""
    workspace = open_workspace(ctx)
    workspace.register_people()
    claim = workspace.attest(document, path, person, key)
    say(ctx, claim, [f"{person} signed {path} as {document}."])
