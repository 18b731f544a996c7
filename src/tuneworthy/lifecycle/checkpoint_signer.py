"""Signs the chain with a key outside the database, and remembers what it signed beside that key.

Only what is new is read. So a history that was changed since the last signature cannot be signed
again: the new root grows out of the old one, and the changed records do not.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import IntegrityProblem, NeedsPersonProblem
from tuneworthy.core.new_file import new_file
from tuneworthy.core.nouns.gate import AuditRecord
from tuneworthy.methods.canonical import canonical
from tuneworthy.methods.chain import GENESIS
from tuneworthy.methods.chain import verify as verify_chain
from tuneworthy.methods.merkle import Frontier
from tuneworthy.methods.signed_note import Tree, origin_of, sign


class Signer:
    """The log of one project as far as it was signed.

    Args:
        path: The private key's file; what was signed stands beside it, as ``NAME.signed``.
        project: Whose log it is.

    Raises:
        NeedsPersonProblem: The key is not here.
        IntegrityProblem: What stands beside the key cannot be read.
    """

    def __init__(self, path: Path, project: str) -> None:
        self._path = path
        self._origin = origin_of(project)
        self._pem = read_key(path)
        self._memory = path.with_name(path.name + ".signed")
        self._edge, self.head = self._remembered()

    @property
    def size(self) -> int:
        """How many records are covered."""
        return self._edge.size

    @property
    def root(self) -> str:
        """Their Merkle root, hex."""
        return self._edge.root().hex()

    def read(self, records: Iterable[AuditRecord]) -> None:
        """Take in the records after the last one covered.

        Raises IntegrityProblem when they do not follow from it.
        """
        new = list(records)
        report = verify_chain(new, start_prev=self.head, start_seq=self.size + 1)
        if report.first_fault:
            raise _changed(report.first_fault.message)
        for record in new:
            self._edge.add(record.body)
        self.head = report.head

    def require(self, last_event: int) -> None:
        """Raise IntegrityProblem when the chain is shorter than what was signed already."""
        if last_event < self.size:
            raise _changed(f"{self.size} records were signed, and {last_event} are left")

    def compare(self, size: int, root: str) -> None:
        """Raise IntegrityProblem when what was taken in is not the tree of an older checkpoint."""
        if (self.size, self.root) != (size, root):
            raise _changed(f"the first {size} records are not those of the newest checkpoint")

    def sign(self) -> str:
        """The signed note over everything taken in."""
        return sign(Tree(origin=self._origin, size=self.size, root=self.root), self._pem)

    def remember(self) -> None:
        """Write down what is signed now, whole or not at all."""
        peaks = [peak.hex() for peak in self._edge.peaks]
        data = canonical({"head": self.head, "peaks": peaks, "size": self.size})
        with new_file(self._memory) as file:
            file.write(data)

    def _remembered(self) -> tuple[Frontier, str]:
        try:
            known = json.loads(self._memory.read_bytes())
            edge = Frontier(known["size"], [bytes.fromhex(peak) for peak in known["peaks"]])
            return edge, str(known["head"])
        except FileNotFoundError:
            return Frontier(), GENESIS
        except (OSError, ValueError, LookupError, TypeError) as fault:
            raise IntegrityProblem(
                "signer_memory",
                f"{self._memory} cannot be read.",
                why="It says what was signed last, so that no other history is signed.",
                fix=f"Put back a copy. Deleting it has the whole chain signed as it stands now: "
                f"compare it with a checkpoint first (tuneworthy audit verify PACK --checkpoint "
                f"FILE), then: rm {self._memory}",
            ) from fault


def read_key(path: Path) -> bytes:
    """The private key. Raises NeedsPersonProblem when it is not here, ConfigProblem for a pipe."""
    if path.exists() and not path.is_dir():
        require_file(path, "tuneworthy audit key")
    try:
        return path.read_bytes()
    except OSError as fault:
        raise NeedsPersonProblem(
            "no_audit_key",
            f"There is no checkpoint key at {path}.",
            why="Checkpoints are signed by a key that is not in the database.",
            fix="tuneworthy audit key",
        ) from fault


def _changed(why: str) -> IntegrityProblem:
    return IntegrityProblem(
        "history_changed",
        "The audit chain does not go on from what was signed last; it is not signed.",
        why=why,
        fix="Keep the database as it is, and compare a pack with the last checkpoint that was "
        "sent: tuneworthy audit export && tuneworthy audit verify PACK --checkpoint FILE",
    )
