"""Opens blind reviews: pairs of two runs' answers, and queues in which answers are rated."""

import secrets
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from tuneworthy.config.typed_file import read_typed
from tuneworthy.core.errors import ConfigProblem, UsageProblem
from tuneworthy.core.nouns.judging import Criteria, Criterion
from tuneworthy.core.nouns.labelling import LabelItem
from tuneworthy.core.nouns.review import Review, ReviewKey, Task
from tuneworthy.core.nouns.review_settings import ReviewSettings
from tuneworthy.evaluate.review import KEY_BYTES, Drawn, draw_answers, draw_pairs
from tuneworthy.lifecycle.label_ledger import lead, read_guide
from tuneworthy.lifecycle.review_ledger import key_id
from tuneworthy.lifecycle.review_sides import Side, side_of_run
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.lines import dump_lines
from tuneworthy.methods.preference import n_pairs

RATED = 50
"""Cases of a rating queue where nobody says how many."""

_LEAST_GAIN = 0.01
"""Below this gain more pairs would be needed than anybody will judge."""


def open_pairs(
    runtime: Runtime,
    name: str,
    baseline: str,
    candidate: str,
    settings: ReviewSettings,
    person: str,
) -> Review:
    """Open a review of two runs' answers beside each other.

    Raises:
        UsageProblem: Settings that do not go together.
        ConfigProblem: There is no such run or file.
        DataProblem: The runs are not over the same cases, or answer alike everywhere.
        BlockedProblem: The person may not open one.
        ConflictProblem: There is a review of this name.
    """
    settings.check(name)
    lead(runtime, person, "open a review")
    sides = (side_of_run(runtime, baseline), side_of_run(runtime, candidate))
    if sides[0].id == sides[1].id:
        raise UsageProblem("same_run", "Both runs are the same one.", fix="--run A --run B")
    gain = settings.gain or max(runtime.project.declared_gain, _LEAST_GAIN)
    needed = n_pairs(gain, settings.alpha)
    key = secrets.token_bytes(KEY_BYTES)
    drawn = draw_pairs(
        sides[0].run, sides[1].run, settings.n or needed,
        key=key, seed=settings.seed, reference=settings.reference,
    )  # fmt: skip
    question = settings.question or "Which answer is better?"
    review = _review(runtime, name, "pairs", sides, drawn, settings, person, key).model_copy(
        update={"question": question, "gain": gain, "needed": needed}
    )
    return _kept(runtime, review, drawn, key)


def open_ratings(
    runtime: Runtime,
    name: str,
    runs: Sequence[str],
    guide: str,
    settings: ReviewSettings,
    person: str,
) -> Review:
    """Open a queue in which the answers of one run, or of two mixed, are rated by a guide.

    Raises as ``open_pairs`` does, and ConfigProblem for a guide that cannot be used.
    """
    settings.check(name)
    lead(runtime, person, "open a review")
    if not 1 <= len(runs) <= 2 or len(set(runs)) < len(runs):
        raise UsageProblem("runs_wrong", "Name one run, or two different ones.", fix="--run A")
    kept = read_guide(runtime, guide)
    criteria = read_criteria(runtime.folder / guide, settings)
    sides = [side_of_run(runtime, one) for one in runs]
    key = secrets.token_bytes(KEY_BYTES)
    drawn = draw_answers(
        [side.run for side in sides], settings.n or RATED,
        key=key, seed=settings.seed, reference=settings.reference,
    )  # fmt: skip
    question = settings.question or "Rate the answer by each criterion."
    facts = {"question": question, "criteria": criteria, "guide": runtime.blobs.put(kept)}
    review = _review(runtime, name, "ratings", sides, drawn, settings, person, key)
    return _kept(runtime, review.model_copy(update=facts), drawn, key)


def read_criteria(path: Path, settings: ReviewSettings) -> tuple[Criterion, ...]:
    """The criteria of a guide that were asked for. Raises ConfigProblem."""
    fix = "tuneworthy eval ratings guide FILE writes one to begin with."
    found = {one.name: one for one in read_typed(Criteria, path, make=fix, fix=fix).criteria}
    lost = [name for name in settings.criteria if name not in found]
    if lost:
        raise ConfigProblem(
            "no_criterion",
            f"{path} has no criterion '{lost[0][:80]}'.",
            why=f"It has {', '.join(found)}.",
            fix="Write what each of its scores means into the guide, under 'criteria:'.",
        )
    chosen = tuple(found[name] for name in settings.criteria or found)
    off = [one.name for one in chosen if settings.scale and f"1-{one.highest}" != settings.scale]
    if off:
        raise ConfigProblem(
            "other_scale",
            f"The anchors of '{off[0]}' in {path} reach to {found[off[0]].highest}, and --scale "
            f"says {settings.scale}.",
            fix="Write an anchor for the highest score, or leave --scale out.",
        )
    return chosen


def write_guide(path: Path) -> Path:
    """Write a guide to begin with: accuracy, completeness, clarity, tone. Raises UsageProblem."""
    text = files("tuneworthy.evaluate.review").joinpath("criteria.yaml").read_bytes()
    try:
        with path.open("xb") as file:
            file.write(text)
    except OSError as fault:
        raise UsageProblem(
            "not_writable",
            f"{path} cannot be written.",
            why=f"{fault.strerror}.",
            fix="Name a new file in a folder that is yours.",
        ) from fault
    return path


def _review(
    runtime: Runtime,
    name: str,
    task: Task,
    sides: Sequence[Side],
    drawn: Drawn,
    settings: ReviewSettings,
    person: str,
    key: bytes,
) -> Review:
    two = len(sides) > 1
    return Review(
        id=name,
        project=runtime.project.id,
        task=task,
        question="",
        baseline=sides[0].id if two else "",
        candidate=sides[-1].id,
        baseline_name=sides[0].run.name if two else "",
        candidate_name=sides[-1].run.name,
        subject=sides[-1].subject,
        suite=sides[-1].suite,
        content=runtime.blobs.put(dump_lines(drawn.items)),
        items=len(drawn.items),
        cases=drawn.cases,
        equal=drawn.equal,
        raters=settings.raters,
        gain=0.0,
        alpha=settings.alpha,
        needed=0,
        seed=settings.seed,
        lease_minutes=settings.lease_minutes,
        key_digest=digest_bytes(key),
        makers=tuple(sorted({side.maker for side in sides if side.maker})),
        makers_allowed=settings.makers_may.strip(),
        created_by=person,
        created_at=runtime.now(),
    )


def _kept(runtime: Runtime, review: Review, drawn: Drawn, key: bytes) -> Review:
    items = [
        LabelItem(id=item.id, position=place, text="", need=review.raters)
        for place, item in enumerate(drawn.items)
    ]
    what = (Review.kind, review.id, "")
    with runtime.change("review.create", what, actor=review.created_by) as change:
        change.put(review, expect=0)
        change.put(ReviewKey(id=key_id(review.id), key=key.hex()), expect=0)
        change.labels.add_items(review.queue, items)
    return review
