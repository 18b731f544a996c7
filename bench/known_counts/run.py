"""Does ``data check`` find what was counted by hand? Run as ``python bench/run.py known_counts``.

Two public sets of command-line examples were counted when they were collected. Here the product
reads and checks the same files, and each of its numbers stands beside the known one with what
either counts. TUNEWORTHY_TEST_DATA names the data folder.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import real_sets

from tuneworthy.core.nouns.file_check import FileCheck
from tuneworthy.lifecycle.files import FileOptions, check_file

OUT = Path("build/bench/known_counts.json")

Row = dict[str, Any]


class Line(NamedTuple):
    """One thing that is counted."""

    what: str
    known: str
    ours: int
    counts: str


def rows_of(path: Path) -> list[Row]:
    """The rows as they stand in the file."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def found(check: FileCheck, code: str) -> set[int]:
    """The rows that a check names."""
    return {row for finding in check.findings if finding.code == code for row in finding.rows}


def repeats(rows: list[Row], *fields: str) -> int:
    """Rows that say in these fields what an earlier row says."""
    return len(rows) - len({tuple(row[field] for field in fields) for row in rows})


def contested(rows: list[Row], ask: str, answer: Callable[[Row], str]) -> tuple[int, int]:
    """Texts with more than one answer, and the rows that hold them."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        said[row[ask]].add(answer(row))
    texts = {text for text, answers in said.items() if len(answers) > 1}
    return len(texts), sum(row[ask] in texts for row in rows)


def command(row: Row) -> str:
    """The whole command."""
    return str(row["command"])


def verb(row: Row) -> str:
    """The command up to its first option."""
    return re.split(r"\s-", command(row))[0]


def figure(check: FileCheck, code: str, name: str) -> int:
    """A check's own number."""
    return next(int(c.figure.get(name, 0)) for c in check.checks if c.code == code)


def azure(path: Path) -> list[Line]:
    """The lines of azure-cli-examples, request = text."""
    rows = rows_of(path)
    check = check_file(
        path, FileOptions(columns={"request": "text", "target": "command"}, embeddings=False)
    )
    texts, held = contested(rows, "text", command)
    verbs, _ = contested(rows, "text", verb)
    return [
        Line("exact_duplicate", "622", len(found(check, "exact_duplicate")),
             "later rows of the same text and command"),
        Line("  by all fields", "-", repeats(rows, *rows[0]), "the origin must be the same too"),
        Line("conflict, rows", "-", len(found(check, "conflict")), "rows, not texts"),
        Line("  same request", "-", figure(check, "conflict", "same_request"),
             "text equal but for case and white space, command not"),
        Line("  near request", "-", figure(check, "conflict", "near_request"),
             "text equal but for a letter, or words without meaning"),
        Line("  texts, whole command", "-", texts, f"texts to the letter; {held} rows hold them"),
        Line("  texts, command before options", "453", verbs, "the nearest count to the known one"),
        Line("placeholder, rows", "-", len(found(check, "placeholder")),
             "<x>, {aB}, MyX, my-x, nil UUID, xxxx in the command"),
        Line("  nil UUID and other UUIDs", "447", uuids(rows), "UUIDs in the whole row, each time"),
        *personal(check, "51", "83"),
    ]  # fmt: skip


def aws(path: Path) -> list[Line]:
    """The lines of awscli-examples, request = title."""
    rows = rows_of(path)
    check = check_file(
        path, FileOptions(columns={"request": "title", "target": "command"}, embeddings=False)
    )
    texts, held = contested(rows, "title", command)
    return [
        Line("repeated requests", "104", repeats(rows, "title", "text"),
             "later rows of the same title and body"),
        Line("  same title alone", "-", repeats(rows, "title"), "later rows of the same title"),
        Line("exact_duplicate", "-", len(found(check, "exact_duplicate")),
             "later rows of the same title and command"),
        Line("schema_error", "-", len(found(check, "schema_error")),
             "rows whose title is missing or empty"),
        Line("conflict, rows", "-", len(found(check, "conflict")), "rows, not titles"),
        Line("  titles, whole command", "-", texts, f"titles to the letter; {held} rows hold them"),
        Line("placeholder, rows", "-", len(found(check, "placeholder")),
             "<x>, {aB}, MyX, my-x, documentation accounts and keys in the command"),
        Line("  UUIDs", "367", uuids(rows), "UUIDs in the whole row, each time"),
        *personal(check, "73", "9"),
    ]  # fmt: skip


def uuids(rows: list[Row]) -> int:
    """UUIDs in all fields."""
    form = re.compile(r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b")
    return sum(len(form.findall(str(value))) for row in rows for value in row.values())


def personal(check: FileCheck, emails: str, passwords: str) -> list[Line]:
    """Addresses and passwords: the known counts are of forms, ours of those that look real."""
    return [
        Line("pii: e-mail", emails, figure(check, "pii", "email"),
             "request and command alone; no reserved or made-up addresses"),
        Line("secret: password", passwords, figure(check, "secret", "password"),
             "values that look real; no names such as MyPassword"),
    ]  # fmt: skip


def main() -> None:
    """Print both sets and keep the lines."""
    told = {}
    for name, lines_of in (("azure-cli-examples", azure), ("awscli-examples", aws)):
        lines = lines_of(real_sets.folder() / name / "examples.jsonl")
        print(f"{name:34} {'known':>6} {'ours':>6}  ours counts")
        for line in lines:
            print(f"{line.what:34} {line.known:>6} {line.ours:>6}  {line.counts}")
        told[name] = [line._asdict() for line in lines]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
