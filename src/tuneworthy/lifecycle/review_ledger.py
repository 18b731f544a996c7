"""A blind review as the audit chain names it, with its key and what people said."""

from dataclasses import dataclass

from tuneworthy.core.errors import ConfigProblem, IntegrityProblem
from tuneworthy.core.nouns.labelling import Annotation
from tuneworthy.core.nouns.review import Review, ReviewItem, ReviewKey, Task
from tuneworthy.lifecycle.label_ledger import check_batches, check_documents, named
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest_bytes
from tuneworthy.methods.lines import load_lines


@dataclass(frozen=True)
class ReviewState:
    """Everything about one review."""

    review: Review
    items: list[ReviewItem]
    annotations: list[Annotation]
    """Oldest first."""
    key: bytes


def reviews(runtime: Runtime, task: Task) -> list[Review]:
    """Every review of this kind, oldest first."""
    return [
        one
        for one in runtime.store.list(Review)
        if one.project == runtime.project.id and one.task == task
    ]


def find_review(runtime: Runtime, name: str, task: Task) -> Review:
    """The review of this name. Raises ConfigProblem."""
    found = runtime.store.get(Review, name)
    if found is None or found.project != runtime.project.id or found.task != task:
        known = ", ".join(one.id for one in reviews(runtime, task)) or "none"
        raise ConfigProblem(
            "no_review",
            f"There is no review '{name[:80]}' of {task}.",
            why=f"Reviews of {task} in this project: {known}.",
            fix=f"tuneworthy eval {task} list, or tuneworthy eval {task} create --help",
        )
    return found


def key_of(runtime: Runtime, review: Review) -> bytes:
    """The review's key. Raises IntegrityProblem when it is not the one it was opened with."""
    kept = runtime.store.get(ReviewKey, key_id(review.id))
    try:
        key = bytes.fromhex(kept.key) if kept else b""
    except ValueError:
        key = b""
    if digest_bytes(key) != review.key_digest:
        raise IntegrityProblem(
            "review_key_lost",
            f"The key of the review '{review.id}' is not the one it was opened with.",
            why="Without it nobody knows which answer stood where.",
            fix="Put the newest backup of the database back, then: tuneworthy audit verify",
        )
    return key


def key_id(name: str) -> str:
    """Under which id the key of a review is kept."""
    return f"{name}:key"


def items_of(runtime: Runtime, review: Review) -> list[ReviewItem]:
    """What was drawn, byte for byte."""
    return load_lines(ReviewItem, runtime.blobs.get(review.content))


def read_review(runtime: Runtime, name: str, task: Task) -> ReviewState:
    """A review with all that was said in it; of a closed one, up to its end.

    Raises:
        ConfigProblem: There is no such review.
        IntegrityProblem: Something was changed, added or taken away past this program.
    """
    batches, documents = named(runtime)
    review = find_review(runtime, name, task)
    check_documents(documents, Review, [review])
    kept = runtime.store.labels.annotations(review.queue)
    check_batches(review.queue, kept, batches[review.queue])
    said = [one.annotation for one in kept]
    if review.closed_at:
        said = said[: review.judgements]
    items = items_of(runtime, review)
    here = {item.id for item in items}
    # What was said of an item whose person was erased since counts no more.
    said = [one for one in said if one.item in here]
    return ReviewState(review, items, said, key_of(runtime, review))
