"""Blind reviews as files: a sheet for a person without the tool, the key apart, verdicts after."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuneworthy.core.errors import (
    BlockedProblem,
    DataProblem,
    Problem,
    UsageProblem,
)
from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import Handed, ReviewItem, Task
from tuneworthy.data.labelling import in_order, newest
from tuneworthy.data.lines import strict_lines
from tuneworthy.evaluate.review import (
    Filled,
    altered,
    as_csv,
    as_jsonl,
    read_sheet,
    said_in,
    sheet_rows,
)
from tuneworthy.lifecycle.judged_reviews import closed_review, judged_pairs
from tuneworthy.lifecycle.judgements import make_annotation
from tuneworthy.lifecycle.label_ledger import BATCH, batch_of, lead
from tuneworthy.lifecycle.review_ledger import ReviewState, find_review, read_review
from tuneworthy.lifecycle.review_results import look
from tuneworthy.lifecycle.reviewing import as_handed, checked, require_rater
from tuneworthy.lifecycle.wiring import Runtime

LONGEST = 8 << 20
"""Bytes of one line of a sheet, at most."""

TOLD = 10
"""Faults of a sheet that one message tells."""


class Sheet(Part):
    """A file that was written."""

    path: str
    rows: int


class TakenIn(Part):
    """What a sheet brought."""

    added: int
    known: int
    """Judgements that were here already."""
    skipped: int
    """Of those added: items that were passed on with a reason."""
    blank: int
    """Rows without a word."""
    people: dict[str, int]
    """Person to the judgements added."""


def export(runtime: Runtime, name: str, task: Task, person: str, path: Path) -> Sheet:
    """Write the items that a person has not judged yet, as they would see them, in their order.

    ``path`` ends in ``.csv`` for a spreadsheet; all else is JSON Lines.

    Raises as ``next`` does, and UsageProblem when the file is there or cannot be written.
    """
    state = read_review(runtime, name, task)
    require_rater(runtime, state.review, person)
    done = {one.item for one in newest(state.annotations) if one.person == person}
    handed = _in_order(state, person, done)
    rows = sheet_rows(state.review, handed, person)
    _write(path, as_csv(rows) if path.suffix.lower() == ".csv" else as_jsonl(rows))
    return Sheet(path=str(path), rows=len(rows))


def write_key(runtime: Runtime, name: str, task: Task, person: str, path: Path) -> Sheet:
    """Write which answer is whose, for everybody of the project; who does so judges no more.

    Raises BlockedProblem for somebody who may not, or who judges here; UsageProblem for the file.
    """
    lead(runtime, person, "see the key of a review")
    state = read_review(runtime, name, task)
    review = state.review
    if not review.closed_at:
        if any(one.person == person for one in state.annotations):
            raise BlockedProblem(
                "still_rating",
                f"'{person}' judges in '{name}', which is still open.",
                fix=f"Let another lead do it, or: tuneworthy eval {task} close {name}",
            )
        review = look(runtime, review, person, "key")
    facts = {
        "review": name,
        "candidate": review.candidate_name,
        "baseline": review.baseline_name,
        "key": state.key.hex(),
        "key_digest": review.key_digest,
        "items": {item.id: item.case for item in state.items},
    }
    _write(path, json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
    return Sheet(path=str(path), rows=len(state.items))


def write_verdicts(runtime: Runtime, name: str, person: str, path: Path) -> Sheet:
    """Write the judged pairs of a closed review as a file that judges are held against.

    Raises BlockedProblem while the review is open; UsageProblem for the file.
    """
    lead(runtime, person, "see verdicts")
    find_review(runtime, name, "pairs")
    state = closed_review(runtime, name)
    rows = judged_pairs(state)
    text = "".join(json.dumps(one.model_dump(), ensure_ascii=False) + "\n" for one in rows)
    _write(path, text)
    return Sheet(path=str(path), rows=len(rows))


def take_in(runtime: Runtime, name: str, task: Task, path: Path, person: str) -> TakenIn:
    """Keep what a filled sheet says; the same sheet twice adds nothing. All of it or nothing.

    Raises:
        DataProblem: The file is no sheet of this review, or a row was altered, each with its line.
        BlockedProblem: The review is closed, or somebody in it may not judge.
    """
    lead(runtime, person, "take judgements in")
    state = read_review(runtime, name, task)
    filled = _read(path)
    for rater in sorted({row.values.get("rater", "").strip() for row in filled}):
        require_rater(runtime, state.review, rater)
    words, blank = _words(state, filled, path)
    last = {(one.item, one.person): one for one in newest(state.annotations)}
    added: list[Annotation] = []
    for item, rater, value, reason in words:
        before = last.get((item, rater))
        if before and before.value == value:
            continue
        made = make_annotation(
            queue=state.review.queue, item=item, person=rater, value=value, skipped=reason,
            guide=state.review.form, replaces=before.id if before else "", origin="sheet",
            created_at=runtime.now(),
        )  # fmt: skip
        last[item, rater] = made
        added.append(made)
    if added:
        what = (BATCH, state.review.queue, batch_of(added))
        with runtime.change("review.import", what, actor=person) as change:
            change.labels.annotate(what[2], added)
    return TakenIn(
        added=len(added),
        known=len(words) - len(added),
        skipped=sum(one.value is None for one in added),
        blank=blank,
        people=dict(sorted(Counter(one.person for one in added).items())),
    )


_Word = tuple[str, str, str | None, str]
"""Item, rater, what was said (None: passed on), and the reason of that."""


def _words(state: ReviewState, filled: Sequence[Filled], path: Path) -> tuple[list[_Word], int]:
    items = {item.id: item for item in state.items}
    seen: set[tuple[str, str]] = set()
    words: list[_Word] = []
    faults: list[str] = []
    blank = 0
    for row in filled:
        found = _word(state, items, row)
        if isinstance(found, str):
            faults.append(f"  {path}: {row.place}: {found}")
        elif found is None:
            blank += 1
        elif found[:2] in seen:
            faults.append(f"  {path}: {row.place}: item {found[0]} stands there twice")
        else:
            seen.add(found[:2])
            words.append(found)
    if faults:
        more = f"\n  and {len(faults) - TOLD} more" if len(faults) > TOLD else ""
        raise DataProblem(
            "bad_sheet",
            f"{path} has {len(faults)} rows that cannot be taken in; nothing was.\n"
            + "\n".join(faults[:TOLD])
            + more,
            fix="Fill in only the places for verdicts. To write the sheet anew: tuneworthy eval "
            f"{state.review.task} export {state.review.id} --for PERSON -o FILE",
        )
    return words, blank


def _word(state: ReviewState, items: Mapping[str, ReviewItem], row: Filled) -> _Word | str | None:
    """What a row says, None where it is blank, or in words what is wrong with it."""
    review, values = state.review, row.values
    item, rater = values.get("item", "").strip(), values.get("rater", "").strip()
    if values.get("review", "").strip() != review.id or item not in items:
        return f"it is no item of '{review.id}'"
    handed = as_handed(review, items[item], state.key, rater, "")
    if wrong := altered(review, handed, rater, values):
        return wrong
    try:
        said = said_in(review, values)
        if said is not None:
            return item, rater, checked(review, said), ""
    except Problem as fault:
        return fault.message
    except (ValueError, OverflowError) as fault:
        return str(fault)
    reason = values.get("reason", "").strip()
    return (item, rater, None, reason) if reason else None


def _in_order(state: ReviewState, person: str, done: set[str]) -> list[Handed]:
    """As ``next`` would hand them out, one after another, were nobody else there."""
    items = {item.id: item for item in state.items if item.id not in done}
    order = in_order(items, person, state.review.seed)
    return [as_handed(state.review, items[name], state.key, person, "") for name in order]


def _read(path: Path) -> list[Filled]:
    lines = []
    for number, text in strict_lines(path, LONGEST):
        if text is None:
            raise DataProblem("bad_sheet", f"{path}:{number} is longer than a sheet's line may be.")
        lines.append(text)
    found = read_sheet("".join(lines), is_csv=path.suffix.lower() == ".csv")
    if isinstance(found, str) or not found:
        raise DataProblem(
            "no_sheet",
            f"{path} is no sheet of a review.",
            why=f"{found}." if found else "It holds no rows.",
            fix="tuneworthy eval pairs export NAME --for PERSON -o FILE writes one.",
        )
    return found


def _write(path: Path, text: str) -> None:
    """Write a new file. Raises UsageProblem."""
    try:
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as fault:
        raise UsageProblem(
            "not_writable",
            f"{path} cannot be written.",
            why=f"{fault.strerror}.",
            fix="Name a new file in a folder that is yours: -o FILE",
        ) from fault
