"""tuneworthy eval suite: see, check, compare, refresh, retire and import suites of cases."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.render import open_workspace, say, table
from tuneworthy.cli.ways import flaws
from tuneworthy.core.errors import BlockedProblem
from tuneworthy.core.nouns.suite_report import SuiteDiff, SuiteOutcome, SuiteState
from tuneworthy.methods.canonical import short
from tuneworthy.workspace import import_suite

SHOWN = 10
"""Cases that are shown, or named, of each kind."""

TOOLS = ("lm-eval", "inspect", "openai-evals")


@click.group()
def suite() -> None:
    """Suites of cases beside the test split: guards, safety, general ability."""


@suite.command(name="list")
@click.pass_context
def list_suites(ctx: click.Context) -> None:
    """Every suite that counts, and how its file stands to its frozen version."""
    found = open_workspace(ctx).suites()
    lines = _listed(found) if found else ["There is no suite. They are files: suites/NAME.yaml"]
    say(ctx, {"suites": found}, lines)


@suite.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """One suite: its settings, thresholds and first cases."""
    found = open_workspace(ctx).suite(name)
    state = found.state
    lines = [
        *([state.about] if state.about else []),
        *_listed([state]),
        *(
            f"  {case.id}: {_cut(case.request)} -> {_cut(case.expected)}"
            for case in found.cases[:SHOWN]
        ),
    ]
    if len(found.cases) > SHOWN:
        lines.append(f"  ... and {len(found.cases) - SHOWN} more")
    say(ctx, found, lines)


@suite.command()
@click.argument("name", required=False)
@click.pass_context
def check(ctx: click.Context, name: str | None) -> None:
    """Check the files of all suites, or of one; exit 3 when one has faults or was changed."""
    workspace = open_workspace(ctx)
    if name is not None:
        workspace.suite(name)
    found = [state for state in workspace.suites() if name in (None, state.name)]
    bad = [state for state in found if state.fault]
    moved = [state for state in found if state.state == "changed" and state.judged]
    lines = [line for state in bad for line in state.fault.split("\n")]
    lines += [
        f"{state.name} was changed after a candidate was judged on it. "
        f"tuneworthy eval suite refresh {state.name}"
        for state in moved
    ]
    good = not bad and not moved
    say(ctx, {"suites": found}, lines or [f"All suites can be run ({len(found)})."], ok=good)
    if not good:
        named = ", ".join(state.name for state in (*bad, *moved))
        raise BlockedProblem(
            "suites_not_ready",
            f"These suites cannot be run as they are: {named}.",
            fix="Mend what is listed, then: tuneworthy eval suite check",
        )


@suite.command()
@click.argument("before")
@click.argument("after")
@click.pass_context
def diff(ctx: click.Context, before: str, after: str) -> None:
    """What differs between two versions.

    Each is a suite's name (its frozen version), the first digits of a version, or a suite's file.
    """
    found = open_workspace(ctx).diff_suites(before, after)
    say(ctx, found, _differences(found))


@suite.command()
@click.argument("name")
@click.pass_context
def refresh(ctx: click.Context, name: str) -> None:
    """Freeze a suite as its file stands now, and say what changed."""
    found = open_workspace(ctx).refresh_suite(name)
    said = "is frozen" if not found.before else "is frozen anew"
    head = [] if found.same else [f"{name} {said} as {short(found.after)}."]
    say(ctx, found, [*head, *_differences(found)])


@suite.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.pass_context
def add(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Copy suites that come with Tuneworthy into the project, to be read and changed.

    NAME is safety (refusal, over_refusal, injection), general, or one of the suites. What was
    copied is the project's own: the Proof gate asks for it.
    """
    made = open_workspace(ctx).add_suites(names)
    lines = [f"Wrote {path}" for path in made]
    say(ctx, {"files": made}, [*lines, "Next: tuneworthy eval run --tuned"])


@suite.command()
@click.argument("name")
@click.option("--reason", required=True, help="Why it no longer counts; it is kept.")
@click.pass_context
def retire(ctx: click.Context, name: str, reason: str) -> None:
    """Say that a suite whose file was taken away no longer counts."""
    found = open_workspace(ctx).retire_suite(name, reason)
    said = f"{name} no longer counts, says {found.person}. Gates name it as retired."
    say(ctx, found, [said])


@suite.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--from", "tool", type=click.Choice(TOOLS), required=True, help="Whose it is.")
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), required=True, metavar="suites/NAME.yaml"
)
@click.option("--data", type=click.Path(path_type=Path), help="The rows, if the task has none.")
@click.option("--scorer", default="", help="How rows are scored, where the file does not say.")
@click.option("--task", default="", help="Which eval of a registry file.")
@click.pass_context
def import_(ctx: click.Context, /, file: Path, tool: str, out: Path, **more: Any) -> None:
    """Make a suite of another tool's task; says what is left out, and why. Needs no project.

    FILE is a task's YAML of lm-evaluation-harness, a dataset of Inspect (JSON, JSON Lines, CSV), or
    samples (JSON Lines) or a registry's YAML of OpenAI Evals.
    """
    found = import_suite(file, tool, out, **more)
    lines = [f"{found.suite}: {found.n} cases in {found.cases}", *found.notes]
    lines += [f"left out: {line}" for line in found.dropped[:SHOWN]]
    if len(found.dropped) > SHOWN:
        lines.append(f"... and {len(found.dropped) - SHOWN} more rows left out")
    say(ctx, found, [*lines, "Next: tuneworthy eval suite check"])


def outcome_lines(found: Sequence[SuiteOutcome]) -> list[str]:
    """A table of suites, and a line for each reason why the candidate does not pass."""
    if not found:
        return []
    rows = [
        [
            one.name,
            one.role,
            str(one.n),
            _score(one.base.value if one.base else None),
            _score(one.candidate.value if one.candidate else None),
            f"{one.delta.low * 100:+.1f} to {one.delta.high * 100:+.1f}" if one.delta else "-",
            "-" if not one.run else "no" if one.failed else "yes",
        ]
        for one in found
    ]
    head = ["suite", "role", "n", "base", "tuned", "difference (95 %)", "passes"]
    reasons = [f"{one.name}: {reason}." for one in found for reason in one.failed]
    waiting = [f"{one.name}: not run on both." for one in found if not one.run]
    read = [_read(one) for one in found if "toxic_share" in one.figures]
    return [*table(head, rows), *_runs(found), *read, *reasons, *waiting]


def _runs(found: Sequence[SuiteOutcome]) -> list[str]:
    """What was wrong with answers, and the run that ``eval show`` and ``eval errors`` take."""
    lines = []
    for one in found:
        for name, run in (("base", one.base_run), ("tuned", one.candidate_run)):
            if run is not None and (told := flaws(run, "--again")):
                seen = f"tuneworthy eval show {short(run.run)} --cases"
                lines.append(f"  {one.name}, {name}: of {one.n} answers {told}; {seen}")
    return lines


def _read(one: SuiteOutcome) -> str:
    """What a recogniser found, base beside tuned, and what it could not be asked about."""
    told = {name: f"{both[0]:.1%} and {both[1]:.1%}" for name, both in one.figures.items()}
    bounds = one.figures["toxic_low"][1], one.figures["toxic_high"][1]
    by = ", ".join(f"{name} ({short(seen)})" for name, seen in one.recognisers.items())
    gap = one.figures.get("level_gap")
    groups = f"; widest gap within a group {gap[0]:.3f} and {gap[1]:.3f}" if gap else ""
    return (
        f"{one.name}: toxic {told['toxic_share']} of what was read (tuned {bounds[0]:.1%} to "
        f"{bounds[1]:.1%}), refused {told['refused']}, not read {told['unread']}{groups}; by {by}."
    )


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.1f}"


def _listed(found: Sequence[SuiteState]) -> list[str]:
    rows = [
        [
            one.name,
            one.role,
            str(one.n),
            one.metric,
            "-" if one.margin is None else f"{one.margin:g}",
            "-" if one.target is None else f"{one.target:g}",
            short(one.version) or "-",
            one.state,
        ]
        for one in found
    ]
    head = ["suite", "role", "n", "metric", "margin", "target", "version", "state"]
    faults = [line for one in found if one.fault for line in one.fault.split("\n")]
    return [*table(head, rows), *faults]


def _differences(found: SuiteDiff) -> list[str]:
    if found.same:
        return ["Nothing changed."]
    lines = []
    if found.after_candidate:
        lines.append("CHANGED AFTER A CANDIDATE WAS JUDGED on the version before.")
    for name, (before, after) in found.settings.items():
        mark = "threshold" if name in found.thresholds else "setting"
        lines.append(f"{mark} {name}: {_plain(before)} -> {_plain(after)}")
    for word, ids in (
        ("added", found.added),
        ("removed", found.removed),
        ("changed", found.changed),
    ):
        if ids:
            more = f", ... ({len(ids)})" if len(ids) > SHOWN else ""
            lines.append(f"{len(ids)} cases {word}: {', '.join(ids[:SHOWN])}{more}")
    return lines


def _plain(value: object) -> str:
    return "none" if value is None else _cut(str(value))


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."
