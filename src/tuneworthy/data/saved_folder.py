"""A folder that Hugging Face ``datasets`` wrote with ``save_to_disk``: one split, or one a folder.

Its Arrow files are read in the order that ``state.json`` names them; nothing of ``datasets`` runs.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tuneworthy.core.errors import DataProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.arrow_file import arrow_file_rows
from tuneworthy.data.opened import Hash, opened
from tuneworthy.data.raw import RawRow
from tuneworthy.data.rows import Limits

_STATE, _SPLITS = "state.json", "dataset_dict.json"
_MOST = 1 << 20


def is_saved_folder(path: Path) -> bool:
    """Whether the folder has the files that ``save_to_disk`` writes."""
    return (path / _STATE).is_file() or (path / _SPLITS).is_file()


def saved_rows(path: Path, source: Source, digest: Hash, limits: Limits) -> Iterator[RawRow]:
    """Every row of every split; a row that names no split gets its folder's.

    Raises DataProblem for a folder that is not whole, or that names files outside of itself.
    """
    index = 0
    for folder, split in _folders(path, digest):
        for file in _files(folder, digest):
            for row in arrow_file_rows(file, source, digest, limits):
                values = row.values
                if values is not None and split and "split" not in values:
                    values = {**values, "split": split}
                yield RawRow(index + 1, values, row.code, row.reason, index, row.size)
                index += 1


def _folders(path: Path, digest: Hash) -> list[tuple[Path, str]]:
    if not (path / _SPLITS).is_file():
        return [(path, "")]
    names = _json(path / _SPLITS, digest).get("splits")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _broken(path / _SPLITS, "names no splits")
    return [(_inside(path, name), name) for name in names]


def _files(folder: Path, digest: Hash) -> list[Path]:
    state = _json(folder / _STATE, digest)
    files = state.get("_data_files")
    if not isinstance(files, list):
        raise _broken(folder / _STATE, "names no data files")
    if state.get("_indices_files") or state.get("_indices_data_files"):
        raise _broken(folder / _STATE, "names an index of rows; save the rows themselves")
    names = [one.get("filename") if isinstance(one, dict) else None for one in files]
    return [_inside(folder, name) for name in names]


def _inside(folder: Path, name: Any) -> Path:
    if not isinstance(name, str) or name in ("", ".", "..") or Path(name).name != name:
        raise _broken(folder, f"names the file {name!r:.60}, which is not a name in it")
    found = folder / name
    if found.is_symlink():
        raise _broken(folder, f"holds the link {name!r:.60}; links are not followed")
    return found


def _json(path: Path, digest: Hash) -> dict[str, Any]:
    with opened(path, digest) as file:
        data = file.read(_MOST)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as fault:
        raise _broken(path, "is not JSON") from fault
    if not isinstance(value, dict):
        raise _broken(path, "is no JSON object")
    return value


def _broken(path: Path, said: str) -> DataProblem:
    fix = "Write the dataset again: dataset.flatten_indices().save_to_disk(FOLDER)"
    return DataProblem("bad_dataset", f"{path} {said}.", fix=fix)
