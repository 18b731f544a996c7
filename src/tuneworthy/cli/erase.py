"""tuneworthy erase and erasures: people taken out of everything, and what is left to do."""

import json
from pathlib import Path

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.who import by, person_of
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.erasure import TAINT_CHOICES, ErasedNode, Erasure, TaintDecision
from tuneworthy.methods.visible import visible
from tuneworthy.workspace import Workspace


@click.command()
@click.argument("subjects", nargs=-1, metavar="[SUBJECT]...")
@click.option("--from", "listed", type=click.Path(path_type=Path), metavar="FILE", help="More "
              "people, one a line.")  # fmt: skip
@click.option("--also", multiple=True, metavar="TEXT", help="A text that is theirs wherever it "
              "stands: a name, an address. May be given again.")  # fmt: skip
@click.option("--reason", default="", help="Why, without naming them: it stays in the chain.")
@by
@click.option("--ordered", is_flag=True, help="Do what they ordered with their passkey.")
@click.option("--key", type=click.Path(path_type=Path), help="The person's private key.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.pass_context
def erase(
    ctx: click.Context,
    subjects: tuple[str, ...],
    listed: Path | None,
    also: tuple[str, ...],
    reason: str,
    person: str,
    ordered: bool,
    key: Path | None,
    dry_run: bool,
) -> None:
    """Erase SUBJECTs: find all that holds or was made from their rows, and take it out.

    A SUBJECT is what the sources' field `subject`, or a request's `user`, names. The compliance
    reviewer orders it and signs the report. Stopped in the middle, the same command goes on.
    Who signs with a passkey orders it on the pages; with --ordered it is done, and then they sign
    the report there.
    """
    people = (*subjects, *_names(listed))
    workspace, who = open_workspace(ctx), person_of(ctx, person)
    if ordered:
        if people or also or reason or dry_run:
            raise UsageProblem(
                "order_stands",
                "The order says whom to erase, and why.",
                fix="tuneworthy erase --ordered --by PERSON",
            )
        report = workspace.erase_as_ordered(person=who)
    else:
        report = workspace.erase(
            people, also=also, person=who, reason=reason, key=key, dry_run=dry_run
        )
    head = "Nothing was done; this is what would be." if dry_run else _ended(report)
    say(ctx, {"dry_run": dry_run, "report": report}, [head, *_lines(report)])


@click.group()
def erasures() -> None:
    """Erasings so far, what is left to do by hand, and tainted model versions."""


@erasures.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """Every erasing, and the model versions whose owners have to choose."""
    workspace = open_workspace(ctx)
    reports, tainted = workspace.erasures(), workspace.taints()
    cells = [
        [r.id, r.created_at[:10], str(len(r.subjects)), _state(r), r.person,
         str(len(r.open_nodes)), str(r.left)]
        for r in reports
    ]  # fmt: skip
    names = ["Erasing", "Date", "People", "State", "By", "By hand", "Left"]
    lines = table(names, cells) if cells else ["Nobody was erased."]
    say(ctx, {"erasures": reports, "taints": tainted}, [*lines, *(one.told for one in tainted)])


@erasures.command()
@click.argument("name", metavar="ERASING")
@click.option("-o", "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write the "
              "signed report as JSON.")  # fmt: skip
@click.pass_context
def show(ctx: click.Context, name: str, out: Path | None) -> None:
    """One report with every node, and whether its signature holds."""
    workspace = open_workspace(ctx)
    report = _report(workspace, name)
    fault = workspace.erasure_fault(report) if report.state == "done" else "it has not ended"
    if out is not None:
        out.write_text(json.dumps(report.model_dump(mode="json"), indent=1) + "\n", "utf-8")
    signature = f"Not signed as it stands: {fault}." if fault else f"Signed by {report.person}."
    say(ctx, {"report": report, "fault": fault}, [*_lines(report), signature])


@erasures.command()
@click.argument("name", metavar="ERASING")
@by
@click.option("--key", type=click.Path(path_type=Path), help="The person's private key.")
@click.pass_context
def sign(ctx: click.Context, name: str, person: str, key: Path | None) -> None:
    """Sign the report of an ERASING that ended unsigned, by who ordered it.

    For whoever ordered it with a passkey and has a key file now. With a passkey it is signed on
    the pages.
    """
    report = open_workspace(ctx).sign_erasure(name, person=person_of(ctx, person), key=key)
    say(ctx, {"report": report}, [f"The report of {report.id} is signed by {report.person}."])


@erasures.command()
@click.argument("version")
@click.argument("decision", type=click.Choice(TAINT_CHOICES))
@click.option("--reason", required=True, help="Why.")
@click.option("--document", type=click.Path(path_type=Path), help="For a finding: the document.")
@by
@click.pass_context
def settle(
    ctx: click.Context,
    version: str,
    decision: TaintDecision,
    reason: str,
    document: Path | None,
    person: str,
) -> None:
    """Choose for a VERSION that was trained on erased rows: retire, retrain, or a finding."""
    settled = open_workspace(ctx).settle_taint(
        version, decision, person=person_of(ctx, person), reason=reason, document=document
    )
    say(ctx, settled, [settled.told])


def _state(report: Erasure) -> str:
    return "not signed" if report.state == "done" and not report.envelope else report.state


def _names(listed: Path | None) -> list[str]:
    if listed is None:
        return []
    try:
        lines = listed.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigProblem(
            "no_list", f"{listed} cannot be read.", why=str(fault), fix="One person a line, UTF-8."
        ) from fault
    return [line.strip() for line in lines if line.strip()]


def _report(workspace: Workspace, name: str) -> Erasure:
    found = [one for one in workspace.erasures() if one.id.startswith(name)]
    if len(found) != 1:
        raise ConfigProblem(
            "no_erasing",
            f"{len(found) or 'No'} erasing{'s' if len(found) > 1 else ''} named '{name[:40]}'.",
            fix="tuneworthy erasures list",
        )
    return found[0]


def _ended(report: Erasure) -> str:
    signed = f", signed by {report.person}." if report.envelope else f".{_unsigned(report)}"
    said = f"Erased {len(report.subjects)} people ({report.id}){signed}"
    if report.left:
        return f"{said} {report.left} places still hold texts of theirs: see below."
    return (
        f"{said} {report.scanned_files} files, {report.scanned_bytes:,} bytes were searched: "
        "nothing of theirs is left."
    )


def _unsigned(report: Erasure) -> str:
    return (
        f" Its report waits for {report.person}, who signs it on the pages: "
        f'POST /control/sign/sign_erasure/options {{"said": {{"name": "{report.id}"}}}}. '
        f"With a key file: tuneworthy erasures sign {report.id} --by {report.person}"
    )


def _lines(report: Erasure) -> list[str]:
    cells = [[n.kind, visible(n.id, 40), str(n.found or "-"), n.disposition] for n in report.nodes]
    lines = table(["What", "Which", "Found", "Now"], cells)
    by_hand = [node for node in report.nodes if node.deadline or node.disposition == "outside"]
    if by_hand:
        lines += ["", "To be seen to by a person:", *map(_by_hand, by_hand)]
    return lines


def _by_hand(node: ErasedNode) -> str:
    when = f" (by {node.deadline})" if node.deadline else ""
    return f"  {node.kind} {visible(node.id, 60)}: {visible(node.note, 300)}{when}"
