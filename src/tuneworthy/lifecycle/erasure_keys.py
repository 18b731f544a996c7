"""The keys of the people erased: destroyed, so that no copy of what they sealed can be read."""

from collections.abc import Iterator

from tuneworthy.core.nouns.erasure import ErasedNode, Erasure
from tuneworthy.lifecycle import sealing, taints
from tuneworthy.lifecycle.erasure_marks import Marks
from tuneworthy.lifecycle.erasure_rows import Rows
from tuneworthy.lifecycle.erasure_walk import BACKUPS
from tuneworthy.lifecycle.wiring import Runtime

_COPIES = (
    "destroyed: what they sealed is unreadable wherever it was copied, in old backups of the "
    "ledger, in logs of the database and their archives, in segments of gateways"
)
_READABLE = (
    "of their recorded rows stay readable in backups and logs of the database: they were kept in "
    "the clear once, or are sealed under a key that is not theirs alone"
)


class Keys:
    """The keys of the people, and which copies of their rows stay readable without them."""

    def __init__(self, runtime: Runtime, marks: Marks, rows: Rows) -> None:
        self._runtime = runtime
        self._marks = marks
        self._own = runtime.subject_keys.of(marks.asked.subjects)
        found = [*rows.interactions, *rows.words]
        self._readable = runtime.store.readable_copies(self._own, found) if found else 0
        self.only = rows.only_traffic and not self._readable
        """Whether nothing in the ledger is theirs but what is sealed under these keys."""

    def close_copies(self, known: Erasure | None) -> bool:
        """Whether old copies of the ledger are unreadable for them as a whole.

        Args:
            known: What was found before a kill, when the keys were still there.
        """
        if known is None:
            return self.only and bool(self._own)
        said = {(node.kind, node.disposition) for node in known.nodes}
        return self.only and (BACKUPS, "key destroyed") in said

    def nodes(self) -> Iterator[ErasedNode]:
        """What becomes of the keys, and of copies that do not depend on them."""
        project, day = self._runtime.project.id, taints.deadline(self._runtime)
        if self._own:
            yield ErasedNode(
                kind="keys", id=project, found=len(self._own), disposition="key destroyed",
                note=_COPIES,
            )  # fmt: skip
            yield ErasedNode(
                kind="backups of the keys", id=project, found=0, disposition="outside",
                note="a copy of the keys opens old backups of the ledger: let it run out, or "
                "write it anew",
                deadline=day,
            )  # fmt: skip
            if self._runtime.subject_keys.on_server:
                yield ErasedNode(
                    kind="log of the keys", id=project, found=0, disposition="outside",
                    note="the log of the database that holds the keys still has them: let it go "
                    "round, or switch and remove it",
                    deadline=day,
                )  # fmt: skip
        if self._readable:
            yield ErasedNode(
                kind="readable copies", id=project, found=self._readable, disposition="outside",
                note=f"{self._readable} {_READABLE}",
                deadline=day,
            )  # fmt: skip

    def destroy(self) -> None:
        """Destroy them, with an audit event."""
        if not self._own:
            return
        reason = f"erasure {self._marks.erasure}: {len(self._own)} keys"
        what = ("keys", self._runtime.project.id, "")
        event = self._runtime.event(
            "erasure.keys", what, actor=self._marks.asked.person, reason=reason
        )
        self._runtime.store.note(event)
        self._runtime.subject_keys.destroy(self._own)


def destroyed_for_good(runtime: Runtime, marks: Marks) -> Iterator[ErasedNode]:
    """Take out what came in under destroyed keys meanwhile, and write the keys' database anew."""
    sealing.take_in(runtime)
    facts = {"actor": marks.asked.person, "reason": f"erasure {marks.erasure}"}
    sealing.remove_unreadable(runtime, facts)
    if not runtime.subject_keys.compact():
        yield ErasedNode(
            kind="key database", id=runtime.subject_keys.place, found=0, disposition="outside",
            note="another program was using it, so destroyed keys may still lie in its pages; "
            "stop the gateway, then: tuneworthy retention run",
            deadline=taints.deadline(runtime),
        )  # fmt: skip
