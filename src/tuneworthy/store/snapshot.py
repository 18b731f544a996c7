"""A copy of a local ledger and its blobs, to try things on that must not touch the real ones."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

LEDGER, BLOBS = "tuneworthy.db", "blobs"


def snapshot(state: Path, place: Path) -> None:
    """Copy the ledger, as it stands at one moment, and the blobs of a state folder.

    Blobs are linked where the disk can do that: whoever changes one must write a new file in its
    place, as the store itself does.

    Args:
        state: The state folder of a project.
        place: An empty folder that becomes another one.
    """
    with (
        closing(sqlite3.connect(state / LEDGER)) as source,
        closing(sqlite3.connect(place / LEDGER)) as goal,
    ):
        source.backup(goal)
    if (state / BLOBS).is_dir():
        shutil.copytree(state / BLOBS, place / BLOBS, copy_function=_linked)


def _linked(source: str, goal: str) -> str:
    try:
        os.link(source, goal)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, goal)
    return goal
