"""tuneworthy gate: exceptions, requests for more, what changed, and the policy."""

from pathlib import Path
from typing import Any

import click

from tuneworthy.cli.render import on_one_line, open_workspace, say
from tuneworthy.cli.signing import BY, KEY, REASON, open_staffed, takes_two
from tuneworthy.core.nouns.duties import DutyPlanState
from tuneworthy.core.nouns.gate import GateName
from tuneworthy.core.nouns.words import AskState, ChangedEvidence, GateChanged, PolicyState
from tuneworthy.methods.canonical import short

GATE = click.argument("name", metavar="GATE", type=click.Choice([g.value for g in GateName]))
TEXT = click.option("--text", required=True, help="What is asked or answered.")


@click.command(name="except")
@GATE
@click.option("--evidence", "about", required=True, metavar="ABOUT", help="What it does without.")
@BY
@click.option("--owner", required=True, metavar="PERSON", help="Who answers for it.")
@click.option("--until", required=True, metavar="DATE", help="At most 30 days off.")
@REASON
@KEY
@click.pass_context
def except_(
    ctx: click.Context,
    name: str,
    about: str,
    by: str,
    owner: str,
    until: str,
    reason: str,
    key: Path | None,
) -> None:
    """Let GATE do without one piece of evidence for a while; it ends by itself."""
    workspace = open_staffed(ctx)
    made = workspace.except_evidence(
        name, about, by=by, owner=owner, until=until, reason=reason, key=key
    )
    say(
        ctx,
        made,
        [
            f"The {name} gate does without {about} until {until}; {owner} answers for it.",
            f"  End it sooner: tuneworthy gate end-exception {short(made.id)} --by PERSON "
            "--reason '...'",
        ],
    )


@click.command(name="end-exception")
@click.argument("exception")
@BY
@REASON
@KEY
@click.pass_context
def end_exception(
    ctx: click.Context, exception: str, by: str, reason: str, key: Path | None
) -> None:
    """End EXCEPTION (its first digits) before its time."""
    made = open_workspace(ctx).end_exception(exception, by, reason, key)
    say(ctx, made, [f"{by} ended the exception {exception}."])


@click.command()
@click.pass_context
def exceptions(ctx: click.Context) -> None:
    """Every exception, in force or not."""
    workspace = open_workspace(ctx)
    found = workspace.exceptions()
    counting = {line for state in workspace.gates() for line in state.exceptions}
    lines = [
        f"{short(one.id)}  {one.gate.value} without {one.about} until {one.until[:10]}, "
        f"owner {one.owner}, by {one.by}: {one.reason}"
        for one in found
    ]
    lines += [f"In force: {line}" for line in sorted(counting)]
    lines = [on_one_line(line) for line in lines] or ["No exception."]
    say(ctx, {"exceptions": found, "in_force": sorted(counting)}, lines)


@click.command()
@GATE
@BY
@REASON
@KEY
@click.pass_context
def request(ctx: click.Context, name: str, by: str, reason: str, key: Path | None) -> None:
    """Ask for a decision at GATE on its current subject; whoever asks does not give it."""
    workspace = open_staffed(ctx)
    made = workspace.request_decision(name, by, reason, key)
    alone = [role.replace("_", " ") for role in workspace.nobody_left(name)]
    lines = [
        f"{by} asks for a decision at the {name} gate, and gives none there on this subject.",
        f"  Next, by others: tuneworthy gate approve {name} --by PERSON --reason '...'",
    ]
    lines += [
        f"  Nobody else is {role}, so the gate stays shut. Name somebody: "
        f"tuneworthy people grant PERSON {role.replace(' ', '_')} --by PERSON --reason '...'"
        for role in alone
    ]
    say(ctx, {"request": made, "nobody_left": alone}, lines)


@click.command()
@GATE
@BY
@TEXT
@KEY
@click.pass_context
def ask(ctx: click.Context, name: str, by: str, text: str, key: Path | None) -> None:
    """Ask for more; nothing is approved at GATE until the asker closes it."""
    workspace = open_staffed(ctx)
    made = workspace.ask(name, by, text, key)
    fix = f"tuneworthy gate answer {short(made.id)} --by PERSON --text '...'"
    say(ctx, made, [f"{by} asked for more at the {name} gate.", f"  Answer: {fix}"])


@click.command()
@click.argument("request")
@BY
@TEXT
@click.option("--evidence", default="", metavar="ID", help="Evidence that answers, by id or name.")
@KEY
@click.pass_context
def answer(
    ctx: click.Context, request: str, by: str, text: str, evidence: str, key: Path | None
) -> None:
    """Answer REQUEST (its first digits), by words or by evidence too."""
    made = open_workspace(ctx).answer_ask(request, by, text, evidence, key)
    fix = f"tuneworthy gate close {request} --by PERSON --text '...'"
    say(ctx, made, ["Answered. The asker closes it:", f"  {fix}"])


@click.command()
@click.argument("request")
@BY
@TEXT
@KEY
@click.pass_context
def close(ctx: click.Context, request: str, by: str, text: str, key: Path | None) -> None:
    """Close or withdraw REQUEST; its asker may, and a governance owner."""
    made = open_workspace(ctx).close_ask(request, by, text, key)
    say(ctx, made, [f"{by} closed the request."])


@click.command()
@click.pass_context
def asks(ctx: click.Context) -> None:
    """Requests for more about what the gates decide on now."""
    found = open_workspace(ctx).asks()
    say(ctx, {"asks": found}, [line for one in found for line in _ask(one)] or ["Nothing asked."])


def _ask(one: AskState) -> list[str]:
    state = f"closed {one.closed_at[:16]}" if one.closed_at else "open"
    head = f"{short(one.id)}  {one.gate.value}, {state}: {one.by}: {one.text}"
    return [on_one_line(head), *[f"  {on_one_line(reply)}" for reply in one.replies]]


@click.command()
@GATE
@click.pass_context
def changed(ctx: click.Context, name: str) -> None:
    """What is different at GATE since its last approval, side by side."""
    found = open_workspace(ctx).gate_changed(name)
    if found is None:
        say(ctx, {"changed": None}, [f"The {name} gate was never approved."])
        return
    say(ctx, {"changed": found}, _changes(found))


def _changes(found: GateChanged) -> list[str]:
    lines = [
        f"Last approved by {found.person} as {found.role.value.replace('_', ' ')}, "
        f"{found.created_at[:16]} ({short(found.approval)})"
        + (", still over the same evidence." if found.still_counts else ".")
    ]
    for label, (then, now) in (("subject", found.subject), ("policy", found.policy)):
        if then != now:
            lines.append(f"  {label}: {short(then) or 'none'} -> {short(now) or 'none'}")
    for one in found.evidence:
        lines += _evidence(one)
    return lines if len(lines) > 1 else [*lines, "  Nothing is different."]


def _evidence(one: ChangedEvidence) -> list[str]:
    if one.before is None:
        return [f"  {one.about}: new"]
    if one.after is None:
        return [f"  {one.about}: gone, or does not meet its conditions any more"]
    if not one.fields:
        return [f"  {one.about}: found again, with the same result"]
    return [
        f"  {one.about}: {field} {_value(one.before, field)} -> {_value(one.after, field)}"
        for field in one.fields
    ]


def _value(result: dict[str, Any], field: str) -> str:
    found = str(result.get(field, "none"))
    return found if len(found) <= 60 else f"{found[:57]}..."


@click.command()
@click.option("--print", "as_file", is_flag=True, help="Print the policy in force as a file.")
@takes_two("gates.toml")
@click.pass_context
def policy(
    ctx: click.Context,
    as_file: bool,
    propose: bool,
    confirm: bool,
    by: str,
    reason: str,
    key: Path | None,
) -> None:
    """Which policy the gates follow; a gates.toml that asks for less takes two signatures."""
    workspace = open_workspace(ctx)
    if as_file:
        click.echo(workspace.gate_policy_text(), nl=False)
        return
    if propose or confirm:
        workspace.register_people()
    if propose:
        workspace.propose_policy(by, reason, key)
    if confirm:
        workspace.confirm_policy(by, reason, key)
    state = workspace.gate_policy()
    say(ctx, state, in_force(state, "gates.toml"))


def in_force(state: PolicyState | DutyPlanState, file: str) -> list[str]:
    """Which rules count, and what the project's own file waits for."""
    names = {"product": "the product's own", "project": file, "kept": "an earlier one"}
    lines = [f"In force: {names[state.source]}, version {state.version} ({short(state.digest)})"]
    if state.laxer:
        who = f"{state.proposed_by} signed; another must" if state.proposed_by else "nobody signed"
        lines.append(f"{file} asks for less and does not count yet ({who}):")
        lines += [f"  {one}" for one in state.laxer]
    return lines


COMMANDS = (
    request,
    except_,
    end_exception,
    exceptions,
    ask,
    answer,
    close,
    asks,
    changed,
    policy,
)
