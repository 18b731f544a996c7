"""Titles of the AWS command examples that the package awscli ships, with the service they are for.

Only the title is used ("To create an IAM group"): the body names the command and would give the
answer away.
"""

import hashlib
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

from tuneworthy.core.errors import ModelProblem

SERVICES = 12
MAX_PER_SERVICE = 80
MAX_TITLE = 200
_TITLE = re.compile(r"\*\*(?:Example \d+:\s*)?(To \w+.+?)\*\*", re.DOTALL)


def rows() -> list[dict[str, str]]:
    """Rows with request and service: the twelve most frequent services, titles once each.

    A title that stands for two services is left out. Raises ModelProblem when the package is not
    installed.
    """
    titles = _titles()
    frequent = {name for name, _ in Counter(service for _, service in titles).most_common(SERVICES)}
    owners: dict[str, set[str]] = {}
    first: dict[str, tuple[str, str]] = {}
    for title, service in titles:
        owners.setdefault(title.lower(), set()).add(service)
        first.setdefault(title.lower(), (title, service))
    kept: Counter[str] = Counter()
    chosen = []
    for key in sorted(first, key=lambda key: hashlib.sha256(key.encode()).hexdigest()):
        title, service = first[key]
        if len(owners[key]) > 1 or service not in frequent or kept[service] >= MAX_PER_SERVICE:
            continue
        kept[service] += 1
        chosen.append({"request": title, "service": service})
    return chosen


def _titles() -> list[tuple[str, str]]:
    found = []
    for path in sorted(_folder().glob("*/**/*.rst")):
        service = path.relative_to(_folder()).parts[0]
        for match in _TITLE.finditer(path.read_text(encoding="utf-8")):
            title = " ".join(match[1].split()).rstrip(".: ")
            if len(title) < MAX_TITLE:
                found.append((title, service))
    return found


def _folder() -> Path:
    spec = find_spec("awscli")
    if spec is None or not spec.submodule_search_locations:
        raise ModelProblem(
            "no_example_data",
            "The package awscli is not installed; the example 'services' is read from it.",
            fix="pip install --no-deps awscli",
        )
    return Path(next(iter(spec.submodule_search_locations))) / "examples"
