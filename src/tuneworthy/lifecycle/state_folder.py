"""The folder inside a project that holds the database, blobs, checkpoints and logs."""

import errno
import os
import shlex
from pathlib import Path

from tuneworthy.core.errors import StoreProblem

STATE = ".tuneworthy"


def state_folder(folder: Path) -> Path:
    """The state folder of a project, made when first asked for. Raises StoreProblem."""
    path = folder / STATE
    try:
        path.mkdir(exist_ok=True)
    except OSError as fault:
        if fault.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise _read_only(folder, str(fault.strerror)) from fault
        raise StoreProblem(
            "no_state_folder",
            f"The state folder {path} cannot be made.",
            why=f"{fault.strerror}." if path.is_dir() or not path.exists() else "It is a file.",
            fix="Move what stands there away, or give this user the right to write there.",
        ) from fault
    if not os.access(path, os.W_OK | os.X_OK):
        raise _read_only(folder, f"Nothing can be written into {path}")
    return path


def _read_only(folder: Path, why: str) -> StoreProblem:
    name = shlex.quote(str(folder))
    return StoreProblem(
        "project_read_only",
        f"The project {folder} may be read but not written to.",
        why=f"{why}; what is found is kept in {STATE}/, so that it can be proved later.",
        fix=f"Copy it to where you may write: cp -r {name} DIR && tuneworthy -C DIR assess",
    )
