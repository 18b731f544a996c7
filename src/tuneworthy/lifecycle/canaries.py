"""Canaries of the project's dataset versions: look for their answers in a text."""

from collections import defaultdict
from pathlib import Path

from tuneworthy.config.text_file import require_file
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.canary import CanariesFound
from tuneworthy.data.lines import text_lines
from tuneworthy.data.opened import NoHash
from tuneworthy.lifecycle import lineage
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canaries import find_canaries

_LONGEST = 1 << 28


def find(runtime: Runtime, path: Path) -> CanariesFound:
    """Look for the planted answers of every version in a text file, such as a model's answers.

    Raises:
        ConfigProblem: No such file, or no version has canaries.
        DataProblem: The file is no text in UTF-8.
    """
    planted = {
        canary.digest: version.id
        for version in lineage.versions(runtime)
        for canary in version.canaries
    }
    if not planted:
        raise ConfigProblem(
            "no_canaries",
            "No dataset version of this project has canaries.",
            fix="tuneworthy data canaries plant",
        )
    require_file(path, "Name a file of text, such as a model's answers.")
    found: dict[str, list[int]] = defaultdict(list)
    for line in text_lines(path, NoHash(), _LONGEST):
        for digest in dict.fromkeys(find_canaries(line.text or "", planted)):
            found[digest].append(line.number)
    return CanariesFound(
        file=str(path),
        versions=tuple(dict.fromkeys(planted.values())),
        planted=len(planted),
        found={digest: tuple(lines) for digest, lines in found.items()},
    )
