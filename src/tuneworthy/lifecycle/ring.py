"""Where the keys of recorded traffic lie, and under what opaque ids people are known."""

from pathlib import Path
from typing import TYPE_CHECKING

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.sealing_ports import SubjectKeys
from tuneworthy.core.secret_ref import read_secret
from tuneworthy.lifecycle.key_file import key_file
from tuneworthy.lifecycle.state_folder import state_folder
from tuneworthy.methods.opaque import opaque
from tuneworthy.store import open_subject_keys

if TYPE_CHECKING:
    from tuneworthy.store.subject_keys import SqlSubjectKeys

RING = "subject_keys.db"
"""In the state folder, where the project file names no other place."""
KEY = "subjects.key"
"""In the state folder too; no backup of the database should hold either of them as well."""


def open_ring(folder: Path, project: Project) -> "SqlSubjectKeys":
    """The keys of a project; nothing is made yet. Raises ConfigProblem."""
    url, place = project.subject_keys, f"{state_folder(folder).name}/{RING}"
    if url.startswith(("env:", "file:")):
        url = read_secret(url, "the place of subject_keys", folder)
    if url and url == project.store:
        raise ConfigProblem(
            "keys_in_the_ledger",
            "subject_keys and store are the same database.",
            why="A backup of it would hold the keys with what they seal, and protect nobody.",
            fix="subject_keys: another database, on another server; or leave it out",
        )
    if not url:
        url = f"sqlite:///{(state_folder(folder) / RING).absolute()}"
    else:
        place = ""

    def first_lookup() -> bytes:
        # People who were erased or are held stay known by the ids that they have.
        known = (state_folder(folder) / KEY).exists()
        return own_key(folder) if known and project.subject_keys else b""

    def refer(name: str) -> str:
        return opaque(subject_key(folder, project, ring), name)

    ring = open_subject_keys(url, refer, place, first_lookup)
    return ring


def subject_key(folder: Path, project: Project, ring: SubjectKeys) -> bytes:
    """What opaque ids of people are made under: the ring's own where machines share one."""
    if not project.subject_keys:
        return own_key(folder)
    if not ring.lookup():
        ring.make()
    return ring.lookup()


def own_key(folder: Path) -> bytes:
    """The key of this state folder, made when first asked for. Raises StoreProblem."""
    return key_file(
        state_folder(folder) / KEY,
        "no_subject_key",
        "Opaque ids of people must not be guessed.",
        "people whose rows were erased, or are held, are not known again then",
    )
