"""The files that a source names: one, those of a folder, or those that a pattern fits.

Always in the order of their names, so that the same files give the same version anywhere. Each
keeps the source's grounds and columns, under its own name.
"""

from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.kinds import KINDS, TEXT_KINDS
from tuneworthy.data.opened import ending
from tuneworthy.data.saved_folder import is_saved_folder


def files_of(folder: Path, source: Source) -> list[Source]:
    """One source a file, each with the file as its path: as it was named, in order.

    Hidden files and files of kinds that are not read are passed over, in a folder; a pattern takes
    what it fits. A folder that ``datasets`` saved counts as one file. Of a snapshot of a hub's
    dataset, which has its card beside the folder ``data``, what lies in that folder is taken.

    Args:
        folder: Where names that are not absolute start.
        source: As the project has it.

    Raises:
        ConfigProblem: A folder without a file that is read, or a pattern that fits none.
    """
    path = folder / source.path
    if path.is_dir() and not is_saved_folder(path):
        inner = path / "data" if (path / "README.md").is_file() else path
        found = [one for one in (inner if inner.is_dir() else path).iterdir() if _is_read(one)]
        said = f"The folder {path} holds no file that is read."
        fix = f"Endings that are read: {', '.join(KINDS)}; text kinds also with .gz."
    elif source.is_pattern and not path.exists():
        found = [one for one in _fitting(folder, source.path) if one.is_file()]
        said = f"No file fits the pattern {path}."
        fix = "Mend the pattern under 'sources' in tuneworthy.yaml: * fits a name, ** folders too."
    else:
        return [source]
    if not found:
        raise ConfigProblem("no_source", said, fix=fix)
    names = sorted(_named(one, folder, source.path) for one in found)
    return [source.model_copy(update={"path": name}) for name in names]


def _is_read(path: Path) -> bool:
    packed = path.suffix.lower() == ".gz"
    known = ending(path) in (TEXT_KINDS if packed else KINDS)
    return known and not path.name.startswith(".") and not path.is_dir()


def _fitting(folder: Path, pattern: str) -> Iterator[Path]:
    given = Path(pattern)
    if not given.is_absolute():
        return folder.glob(pattern)
    return Path(given.anchor).glob(str(given.relative_to(given.anchor)))


def _named(path: Path, folder: Path, given: str) -> str:
    """A path in the way that the source was given: from the project's folder, or absolute."""
    named = path if Path(given).is_absolute() else path.relative_to(folder)
    return named.as_posix()
