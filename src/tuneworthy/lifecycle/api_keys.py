"""Keys for programs: made, listed and revoked; only what the audit chain names counts."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from tuneworthy.core.errors import ConfigProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.api_key import ApiKey, ApiKeyEnd, KeyState, NewKey, Scope
from tuneworthy.lifecycle.named_keys import CREATE, REVOKE
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.api_token import new_token, token_digest
from tuneworthy.methods.canonical import digest

MOST_DAYS = 366
"""The longest life of a key."""

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,63}", re.ASCII)


def create(runtime: Runtime, name: str, scopes: Sequence[str], days: int, by: str = "") -> NewKey:
    """A new key; its token is in what comes back and nowhere else. Raises UsageProblem."""
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            "key_name",
            f"'{name[:80]}' cannot be the name of a key.",
            why="A name has 1 to 64 letters, digits, dots, dashes or underscores.",
            fix="tuneworthy keys create web-shop --scope chat",
        )
    if not 1 <= days <= MOST_DAYS:
        raise UsageProblem(
            "key_days",
            f"A key cannot live for {days} days.",
            why=f"Every key ends, after {MOST_DAYS} days at most.",
            fix="--days 90",
        )
    token, now = new_token(), runtime.clock.now()
    key = ApiKey(
        id=token.id,
        project=runtime.project.id,
        name=name,
        scopes=_scopes(scopes),
        digest=token_digest(token.text),
        created_at=now.isoformat(),
        created_by=by or runtime.actor,
        expires_at=(now + timedelta(days=days)).isoformat(),
    )
    what = (ApiKey.kind, key.id, "")
    with runtime.change(CREATE, what, actor=key.created_by, reason=name) as change:
        change.put(key, expect=0)
    return NewKey(key=key, token=token.text)


def revoke(runtime: Runtime, name: str, reason: str, by: str = "") -> KeyState:
    """End a key, by its id or by a name that only one key in use has; again changes nothing.

    Raises ConfigProblem when there is no such key or more than one, UsageProblem without a reason.
    """
    if not reason.strip():
        raise UsageProblem("no_reason", "Revoking a key needs a reason.", fix="--reason '...'")
    everything = states(runtime)
    found = [one for one in everything if one.key.id == name] or [
        one for one in everything if one.key.name == name and one.state == "active"
    ]
    if len(found) != 1:
        raise ConfigProblem(
            "no_key",
            f"{len(found) or 'No'} key{'s' if found else ''} in use "
            f"{'are' if found else 'is'} called '{name[:80]}'.",
            why="A key is named by its id, or by its name where one key in use has it.",
            fix="tuneworthy keys list",
        )
    key, state = found[0].key, found[0].state
    if state != "revoked":
        actor = by or runtime.actor
        end = ApiKeyEnd(
            id=key.id,
            project=key.project,
            by=actor,
            reason=reason,
            revoked_at=runtime.clock.now().isoformat(),
        )
        what = (ApiKeyEnd.kind, key.id, "")
        with runtime.change(REVOKE, what, actor=actor, reason=reason) as change:
            change.put(end)
    return KeyState(key=key, state="revoked")


def states(runtime: Runtime) -> list[KeyState]:
    """Every key of the project as it stands now, oldest first.

    A row that no event names is no key. A key is revoked when an event or a row says so, whichever
    is left. Raises IntegrityProblem when a key that the chain names is gone or changed: without its
    keys a gateway would stand open.
    """
    named, now = runtime.api_keys, runtime.clock.now()
    # Rows first: an event of what was read is then in the chain.
    rows, ends = runtime.store.list(ApiKey), {one.id for one in runtime.store.list(ApiKeyEnd)}
    named.read_on(runtime.store)
    ended, held = ends | named.revoked, {row.id: digest(row) for row in rows}
    if spoilt := [id_ for id_, made in named.made.items() if held.get(id_, "") != made]:
        raise IntegrityProblem(
            "key_missing",
            f"API keys that the audit chain names are gone or changed: {len(spoilt)}, such as "
            f"{spoilt[0]}.",
            why="That was done in the database past this program.",
            fix="Put the newest backup of the database back, then: tuneworthy audit verify",
        )
    return [
        KeyState(key=row, state=_state(row, row.id in ended, now))
        for row in rows
        if row.project == runtime.project.id and row.id in named.made
    ]


def _state(key: ApiKey, ended: bool, now: datetime) -> str:
    if ended:
        return "revoked"
    return "expired" if now >= datetime.fromisoformat(key.expires_at) else "active"


def _scopes(names: Sequence[str]) -> tuple[Scope, ...]:
    known = [scope.value for scope in Scope]
    if wrong := [name for name in names if name not in known]:
        raise UsageProblem(
            "key_scope",
            f"There is no scope '{wrong[0][:80]}'.",
            fix=f"--scope {' or --scope '.join(known)}",
        )
    if not names:
        raise UsageProblem("key_scope", "A key without a scope opens nothing.", fix="--scope chat")
    return tuple(scope for scope in Scope if scope.value in names)
