"""How much personal data may be left: a sample for a person, and the bound that follows."""

from collections.abc import Iterator
from pathlib import Path

from tuneworthy.core.errors import DataProblem, IntegrityProblem, UsageProblem
from tuneworthy.core.nouns.evidence import Grade
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.residual import ResidualReview, ResidualSample
from tuneworthy.data.residual_sheet import (
    check_texts,
    read_sheet,
    review_of,
    sample_of,
    write_sheet,
)
from tuneworthy.lifecycle import hands, lineage, people
from tuneworthy.lifecycle.audited import objects
from tuneworthy.lifecycle.files import DEFAULT, FileOptions, read_file
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.residual import review_size
from tuneworthy.methods.signing import STATEMENT_TYPE, sign_statement

DRAWN = "residual.draw"
PREDICATE_TYPE = "https://tuneworthy.dev/residual-review/v1"


def draw_of_file(
    path: Path,
    out: Path,
    *,
    most: float = 0.01,
    size: int = 0,
    seed: int = 7,
    options: FileOptions = DEFAULT,
) -> ResidualSample:
    """Write a sheet with sampled rows of a file; needs no project.

    Args:
        path: Any file that ``check_file`` reads; rows that cannot be read are not drawn.
        out: The sheet.
        most: Share of rows with personal data, 0..1, that the sample rules out if it is clean.
        size: Rows to draw in place of ``most``.
        seed: Of the draw.
        options: As for ``check_file``.

    Raises:
        UsageProblem: ``most`` is no share.
        ConfigProblem: ``out`` cannot be written, or ``path`` is not there.
    """
    read = read_file(path, options)
    good = read.table.good.tolist()
    sample = _sample(read.sha256, len(good), most, size, seed)
    write_sheet(out, sample, read.table.examples(good))
    return sample.model_copy(update={"path": str(out)})


def judge_file(sheet: Path) -> ResidualReview:
    """The bound of a filled-in sheet, without a project. Raises as ``read_sheet``."""
    return review_of(*read_sheet(sheet))


def draw(
    runtime: Runtime, out: Path, *, name: str, most: float = 0.01, size: int = 0, seed: int = 7
) -> ResidualSample:
    """Write a sheet with sampled rows of a dataset version; the draw goes into the audit log."""
    version = lineage.version_named(runtime, name)
    sample = _sample(version.id, version.rows_out, most, size, seed)
    write_sheet(out, sample, _examples(runtime, version.records))
    what = ("residual_sample", sample.id, version.id)
    reason = f"{sample.size} of {sample.population} rows, seed {sample.seed}"
    runtime.store.note(runtime.event(DRAWN, what, reason=reason))
    return sample.model_copy(update={"path": str(out)})


def record(
    runtime: Runtime, sheet: Path, person_id: str, key: Path | None = None
) -> ResidualReview:
    """Keep a person's signed word on a sample as evidence ``data.residual`` of its version.

    Raises:
        ConfigProblem: No sheet, or no such person.
        IntegrityProblem: The sheet is not one that was drawn in this project, or shows other texts.
        NeedsPersonProblem: A row is not answered, or the person's key is not here.
    """
    person = people.find(runtime, person_id)
    sample, answers = read_sheet(sheet)
    drawn = [one for one in objects(runtime.store, (DRAWN,)) if one.digest == sample.of]
    if sample.id not in {one.id for one in drawn}:
        raise IntegrityProblem(
            "not_drawn",
            f"The sample in {sheet} was not drawn in this project.",
            why="The audit log has no such draw: lines are missing, or it is about other rows.",
            fix="tuneworthy data residual draw -o review.csv",
        )
    version = lineage.version_named(runtime, sample.of)
    check_texts(sheet, answers, _examples(runtime, version.records))
    review = review_of(sample, answers).model_copy(
        update={"person": person.id, "draws": len({one.id for one in drawn}), "recorded": True}
    )
    facts = review.model_dump(mode="json", exclude={"recorded"})
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": "dataset", "digest": {"sha256": sample.of.removeprefix("sha256:")}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            **facts,
            "project": runtime.project.id,
            "sheet": runtime.blobs.put(sheet.read_bytes()),
            **hands.dated(),
        },
    }
    pem = people.private_key(runtime, person, key)
    claim = runtime.claim(
        "data.residual",
        [sample.of],
        {**facts, "envelope": sign_statement(statement, pem, person.id)},
        grade=Grade.ATTESTED,
        signer=person.id,
    )
    runtime.record(claim)
    return review


def _sample(of: str, population: int, most: float, size: int, seed: int) -> ResidualSample:
    if not 0 < most < 1:
        raise UsageProblem("bad_share", f"{most} is no share of rows.", fix="--most 0.01")
    if not population:
        raise DataProblem(
            "nothing_to_read", "No row can be read, so none can be reviewed.", fix="Mend the rows."
        )
    wanted = size or review_size(most, population)
    return sample_of(of, population, min(wanted, population), seed)


def _examples(runtime: Runtime, records: dict[str, str]) -> Iterator[Example]:
    for blob in records.values():
        for line in runtime.blobs.get(blob).splitlines():
            yield Example.model_validate_json(line)
