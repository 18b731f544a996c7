"""tuneworthy gate: show, approve, reject; more of it stands in gate_words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import click

from tuneworthy.cli import gate_words
from tuneworthy.cli.render import on_one_line, open_workspace, say
from tuneworthy.cli.signing import open_staffed
from tuneworthy.core.errors import BlockedProblem, UsageProblem
from tuneworthy.core.nouns.gate import GateName, GateState
from tuneworthy.methods.canonical import short
from tuneworthy.methods.charts.words import words

NAMES = [gate.value for gate in GateName]


@click.group()
def gate() -> None:
    """Show, approve or reject gates."""


for _command in gate_words.COMMANDS:
    gate.add_command(_command)


@gate.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> None:
    """All four gates."""
    states = open_workspace(ctx).gates()
    say(ctx, {"gates": states}, [line for state in states for line in _lines(state)])


@gate.command()
@click.argument("name", type=click.Choice(NAMES))
@click.pass_context
def show(ctx: click.Context, name: str) -> None:
    """One gate; exit 3 while it is shut."""
    state = next(s for s in open_workspace(ctx).gates() if s.gate.value == name)
    say(ctx, state, _lines(state), ok=state.open)
    if not state.open:
        approve = f"tuneworthy gate approve {name} --by PERSON --reason '...'"
        raise BlockedProblem(
            "gate_shut",
            f"The {name} gate is shut.",
            fix=next((one for one in state.closed_by if one), approve),
        )


@gate.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--by", "person", required=True, help="The approver's id.")
@click.option("--reason", required=True, help="Why.")
@click.option("--key", type=click.Path(path_type=Path), help="The approver's private key.")
@click.pass_context
def approve(ctx: click.Context, name: str, person: str, reason: str, key: Path | None) -> None:
    """Sign an approval of the gate's current evidence."""
    _decide(ctx, name, person, reason, key, "approve")


@gate.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--by", "person", required=True, help="The approver's id.")
@click.option("--reason", required=True, help="Why.")
@click.option("--key", type=click.Path(path_type=Path), help="The approver's private key.")
@click.pass_context
def reject(ctx: click.Context, name: str, person: str, reason: str, key: Path | None) -> None:
    """Sign a rejection of the gate's current evidence."""
    _decide(ctx, name, person, reason, key, "reject")


def _decide(
    ctx: click.Context,
    name: str,
    person: str,
    reason: str,
    key: Path | None,
    decision: Literal["approve", "reject"],
) -> None:
    if not reason.strip():
        raise UsageProblem("no_reason", "A decision needs a reason.", fix="--reason '...'")
    workspace = open_staffed(ctx)
    approval = workspace.decide_gate(name, person, reason, decision=decision, key=key)
    state = next(s for s in workspace.gates() if s.gate.value == name)
    verb = "approved" if decision == "approve" else "rejected"
    say(
        ctx,
        {"approval": approval, "gate": state},
        [
            f"{person} {verb} {name} as {approval.role.value.replace('_', ' ')}.",
            f"  receipt {short(approval.id)} over evidence {short(approval.bundle)}, "
            f"valid until {approval.expires_at[:10]}",
            *_lines(state),
        ],
    )


def _lines(state: GateState) -> list[str]:
    lines = [f"{state.gate.value:8} {'open' if state.open else 'shut'}"]
    lines += [f"  approved as {role}: {person}" for role, person in state.approvers.items()]
    lines += [f"  missing evidence: {name}" for name in state.missing_evidence]
    lines += [f"  to close it: {one}" for one in dict.fromkeys(state.closed_by) if one]
    lines += [f"  not asked for yet: {one}" for one in state.not_asked]
    lines += [f"  waits for: {role.value.replace('_', ' ')}" for role in state.missing_roles]
    lines += [f"  decision asked for: {one}" for one in state.requests]
    lines += [f"  asked for more: {ask}" for ask in state.asks]
    lines += [f"  exception: {one}" for one in state.exceptions]
    lines += [f"  does not count: {reason}" for reason in (*state.void, *state.out_of_time)]
    lines += [_beside(name, result) for name, result in state.beside.items()]
    lines += [f"  reduced independence: {why}" for why in state.reduced_because]
    # What people typed makes no line of its own, which could be read as another approval.
    return [on_one_line(line) for line in lines]


def _beside(name: str, result: Mapping[str, Any] | None) -> str:
    """Evidence that is shown and not required: its plain figures and words."""
    if result is None:
        return f"  not on record, and not required: {name}"
    plain = [
        f"{words(key)} {value:g}" if isinstance(value, float) else f"{words(key)} {value}"
        for key, value in result.items()
        if isinstance(value, int | float | str) and value != ""
    ]
    return f"  also on record: {name}: {', '.join(plain)}"
