"""An administrator who writes into the database past the program and forges the chain around it."""

import hashlib
import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.gate import Approval, AuditDraft, Bundle
from tuneworthy.core.nouns.people import Role
from tuneworthy.govern import load_policy, make_approval
from tuneworthy.methods.canonical import canonical, digest, digest_bytes
from tuneworthy.methods.chain import GENESIS, ROWS, WrittenRow, build

STAMP = "2026-03-02T00:00:00.000+00:00"
ENDS = "2026-08-01T00:00:00.000+00:00"


class Forger:
    """Has every right on the database file, and no private key but their own."""

    def __init__(self, home: Path) -> None:
        self._ledger = sqlite3.connect(home / ".tuneworthy" / "tuneworthy.db")
        triggers = self._ledger.execute("select name from sqlite_master where type = 'trigger'")
        for (name,) in triggers.fetchall():
            self._ledger.execute(f"drop trigger {name}")
        self._ledger.commit()

    def close(self) -> None:
        self._ledger.close()

    def put(self, noun: Noun, action: str = "evidence.record", *, event: bool = True) -> None:
        """Write a row, and an event that names it at the end of the chain."""
        body = canonical(noun)
        here = (noun.kind, noun.id)
        seq, prev = self._last()
        known = self._ledger.execute(
            "select generation from documents where kind = ? and id = ?", here
        ).fetchone()
        facts = (digest_bytes(body), body.decode())
        if known:
            self._ledger.execute(
                "update documents set digest = ?, body = ?, generation = generation + 1 "
                "where kind = ? and id = ?",
                (*facts, *here),
            )
        else:
            self._ledger.execute(
                "insert into documents values (?, ?, 1, ?, ?, ?, ?, ?, 1)",
                (*here, *facts, STAMP, STAMP, seq + event),
            )
        if event:
            draft = AuditDraft(
                actor="di",
                action=action,
                object_type=noun.kind,
                object_id=getattr(noun, "about", noun.id),
                object_digest=noun.id if noun.kind == "evidence" else facts[0],
                after=facts[0],
            )
            named = [WrittenRow(*here, facts[0])]
            record = build(draft, seq + 1, STAMP, prev, "1", named)
            self._ledger.execute(
                "insert into audit values (?, ?, ?)", (record.seq, record.body, record.hash)
            )
        self._ledger.commit()

    def delete(self, noun: Noun) -> None:
        """Delete a row; the chain stays as it is."""
        self._ledger.execute(
            "delete from documents where kind = ? and id = ?", (noun.kind, noun.id)
        )
        self._ledger.commit()

    def take_out(self, kind: str, id_: str) -> None:
        """Delete a row and every event that names it, and chain what is left anew."""
        self._ledger.execute("delete from documents where kind = ? and id = ?", (kind, id_))
        bodies = self._bodies()
        kept = [b for b in bodies if id_ not in (b["object"]["id"], b["object"]["digest"])]
        self._chain_anew(kept)
        self._ledger.execute("update documents set created_seq = min(created_seq, ?)", (len(kept),))
        self._ledger.commit()

    def forget_rows(self) -> None:
        """Make the chain one of an earlier release, whose events name no rows."""
        self._chain_anew([{k: v for k, v in b.items() if k != ROWS} for b in self._bodies()])
        self._ledger.commit()

    def _bodies(self) -> list[dict[str, Any]]:
        rows = self._ledger.execute("select body from audit order by seq").fetchall()
        return [json.loads(body) for (body,) in rows]

    def _chain_anew(self, bodies: Sequence[dict[str, Any]]) -> None:
        self._ledger.execute("delete from audit")
        prev = GENESIS
        for seq, body in enumerate(bodies, 1):
            data = canonical({**body, "seq": seq, "prev": prev})
            prev = hashlib.sha256(data).hexdigest()
            self._ledger.execute("insert into audit values (?, ?, ?)", (seq, data, prev))

    def _last(self) -> tuple[int, str]:
        found = self._ledger.execute("select seq, hash from audit order by seq desc limit 1")
        row = found.fetchone()
        return (row[0], row[1]) if row else (0, GENESIS)


def approval(bundle: Bundle, person: str, role: Role, pem: bytes, at: str = STAMP) -> Approval:
    """A decision signed with whatever key is at hand."""
    return make_approval(
        bundle,
        role=role,
        person=person,
        decision="approve",
        reason="fine",
        created_at=at,
        expires_at=ENDS,
        policy=load_policy(),
        private_pem=pem,
    )


def rewritten(genuine: Approval, **changes: Any) -> Approval:
    """A genuine decision whose row says other things than its envelope."""
    return genuine.model_copy(update={**changes, "id": digest([genuine.id, str(changes)])})


def every_role(bundle: Bundle, people: dict[Role, str], pem: bytes) -> list[Approval]:
    """One approval a role of the gate, each a second after the one before."""
    return [
        approval(bundle, people[role], role, pem, at=f"2026-03-02T00:00:{n:02}.000+00:00")
        for n, role in enumerate(load_policy().roles(bundle.gate))
    ]
