"""The sheet that a person fills in: one sampled row a line, and what they say of it.

CSV, so that any spreadsheet opens it; cells that a spreadsheet would run are written with ``'``.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tuneworthy.core.errors import ConfigProblem, IntegrityProblem, NeedsPersonProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.residual import ResidualReview, ResidualSample
from tuneworthy.data.csv_file import field_limit
from tuneworthy.data.formats.csv_rows import csv_line, escaped
from tuneworthy.data.keys import place_of
from tuneworthy.data.mend.sinks import whole_file
from tuneworthy.data.scan import leaves
from tuneworthy.methods.canonical import digest
from tuneworthy.methods.residual import review_sample, upper_bound

COLUMNS = ("of", "population", "seed", "row", "place", "text", "private", "note")
_YES = ("yes", "y", "true", "1", "x")
_NO = ("no", "n", "false", "0")
_LONGEST = 1 << 28


class Answer(NamedTuple):
    """One filled-in line."""

    row: int
    place: str
    private: bool
    text: str


def sample_of(of: str, population: int, size: int, seed: int) -> ResidualSample:
    """The sample by that name; its id is a digest over all that it depends on."""
    facts = {"of": of, "population": population, "size": size, "seed": seed}
    return ResidualSample(**facts, id=digest(facts), clean_bound=upper_bound(0, size, population))


def write_sheet(path: Path, sample: ResidualSample, examples: Iterable[Example]) -> None:
    """Write the sampled rows with an empty column ``private``.

    Args:
        path: Written whole or not at all.
        sample: What was drawn.
        examples: All rows of the population, in its order.
    """
    wanted = set(review_sample(sample.population, sample.size, sample.seed))
    with whole_file(path) as file:
        file.write(csv_line(list(COLUMNS)))
        for row, example in enumerate(examples):
            if row in wanted:
                cells = [sample.of, str(sample.population), str(sample.seed), str(row)]
                said = [place_of(example), _text(example), "", ""]
                # Our own numbers stay as they are: a seed may be negative.
                file.write(csv_line([*cells, *(escaped(_writable(cell)) for cell in said)]))


def read_sheet(path: Path) -> tuple[ResidualSample, list[Answer]]:
    """The filled-in sheet, its lines in any order.

    Raises:
        ConfigProblem: No such sheet.
        IntegrityProblem: Its rows are not the sample that it names.
        NeedsPersonProblem: A line is not answered.
    """
    lines = list(_lines(path))
    try:
        (of,), (population,), (seed,) = (
            {line[name] for line in lines} for name in ("of", "population", "seed")
        )
        rows = [int(line["row"]) for line in lines]
        sample = sample_of(of, int(population), len(rows), int(seed))
        drawn = review_sample(sample.population, sample.size, sample.seed)
    except ValueError as fault:
        raise _not_a_sheet(path, "its lines do not belong to one sample") from fault
    if sorted(rows) != drawn:
        raise _changed(path)
    open_ = [line["place"] for line in lines if _answer(line["private"]) is None]
    if open_:
        raise NeedsPersonProblem(
            "not_answered",
            f"{path}: {len(open_)} of {len(lines)} rows are not answered, the first is {open_[0]}.",
            why="A row that nobody has read says nothing, so no bound follows.",
            fix="Write yes or no into the column 'private' of every line.",
        )
    answers = [
        Answer(row, line["place"], bool(_answer(line["private"])), line["text"])
        for row, line in zip(rows, lines, strict=True)
    ]
    return sample, sorted(answers)


def check_texts(path: Path, answers: Sequence[Answer], examples: Iterable[Example]) -> None:
    """What the person has read must be the rows themselves.

    White space may differ, and the ``'`` before a formula, since spreadsheets write both anew.

    Args:
        path: The sheet.
        answers: Its lines.
        examples: All rows of the population, in its order.

    Raises:
        IntegrityProblem: A line shows another text or place than its row has.
    """
    by_row = {answer.row: answer for answer in answers}
    other = []
    for row, example in enumerate(examples):
        shown = by_row.get(row)
        own = (place_of(example), _text(example))
        if shown is not None and [*map(_bare, own)] != [_bare(shown.place), _bare(shown.text)]:
            other.append(place_of(example))
    if other:
        raise IntegrityProblem(
            "sample_changed",
            f"{len(other)} lines in {path} do not show the rows that were drawn: {other[0]}"
            f"{', ...' if len(other) > 1 else '.'}",
            why="Somebody changed a text or a place, or a spreadsheet cut a long cell.",
            fix="Take the sheet that was drawn; or draw it again with its seed.",
        )


def _bare(text: str) -> str:
    return " ".join(text.split()).lstrip("'")


def review_of(sample: ResidualSample, answers: list[Answer]) -> ResidualReview:
    """The bound that follows from the answers."""
    places = tuple(answer.place for answer in answers if answer.private)
    return ResidualReview(
        of=sample.of,
        population=sample.population,
        reviewed=sample.size,
        found=len(places),
        upper=upper_bound(len(places), sample.size, sample.population),
        places=places,
        seed=sample.seed,
        sample=sample.id,
    )


def _text(example: Example) -> str:
    return _writable("\n".join(_said(example)))


def _said(example: Example) -> Iterator[str]:
    """Every text of a row that the patterns have read."""
    for message in (*example.messages, *example.rejected):
        yield f"{message.role}: {message.content}"
    for name, value in (("tools", list(example.tools)), ("accepted", example.accepted)):
        for path, text in leaves(value, name):
            yield f"{path}: {text}"


def _writable(text: str) -> str:
    """Text without lone surrogates, which no file in UTF-8 can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _answer(cell: str) -> bool | None:
    word = cell.strip().lower()
    return True if word in _YES else False if word in _NO else None


def _lines(path: Path) -> Iterator[dict[str, str]]:
    try:
        with field_limit(_LONGEST), path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise _not_a_sheet(path, f"it needs the columns {', '.join(COLUMNS)}")
            for line in reader:
                yield {name: line[name] or "" for name in COLUMNS}
    except (OSError, csv.Error, UnicodeDecodeError) as fault:
        raise _not_a_sheet(path, getattr(fault, "strerror", None) or str(fault)) from fault


def _not_a_sheet(path: Path, why: str) -> ConfigProblem:
    return ConfigProblem(
        "no_sheet",
        f"{path} is no sheet of a residual review.",
        why=f"{why[0].upper()}{why[1:]}.",
        fix="Draw one: tuneworthy data residual draw -o review.csv; save it as CSV in UTF-8.",
    )


def _changed(path: Path) -> IntegrityProblem:
    return IntegrityProblem(
        "sample_changed",
        f"The rows in {path} are not those that were drawn.",
        why="Rows that are left out or put in make the bound worth nothing.",
        fix="Take the sheet that was drawn, with all its lines; or draw one again with its seed.",
    )
