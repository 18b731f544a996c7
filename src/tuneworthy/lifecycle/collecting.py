"""Production answers collected for the next dataset; they stay in quarantine until accepted."""

from collections import Counter
from datetime import UTC, datetime

from tuneworthy.core.errors import IntegrityProblem, NeedsPersonProblem, UsageProblem
from tuneworthy.core.nouns.collecting import (
    Candidate,
    Collection,
    CollectSettings,
    Held,
    InteractionFate,
    QuarantineReview,
)
from tuneworthy.core.nouns.dataset import DatasetVersion, SplitName
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.people import Person
from tuneworthy.data.collect import Before, Collected, Known
from tuneworthy.data.collect import collect as choose
from tuneworthy.data.keys import place_of, prompt_text
from tuneworthy.data.quarantine import standing
from tuneworthy.lifecycle import people
from tuneworthy.lifecycle.named_reviews import require_reviews
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest, digest_bytes
from tuneworthy.methods.lines import dump_lines, load_lines

SPLITS: tuple[SplitName, ...] = ("train", "validation", "test")


def collect(
    runtime: Runtime,
    *,
    since: str = "",
    min_rating: float | None = None,
    preview: bool = False,
) -> tuple[Collection, list[InteractionFate]]:
    """Choose among the recorded answers and put the chosen ones into quarantine.

    Args:
        runtime: Its actor is who collects, and may not accept what was collected.
        since: ISO date or time; older interactions are not looked at.
        min_rating: In place of the project's own.
        preview: Choose, but keep nothing.

    Raises:
        NeedsPersonProblem: The actor is no named person.
        UsageProblem: ``since`` is no time, or the rating is none.
    """
    collector = _collector(runtime)
    settings = _settings(runtime, min_rating)
    moment = _moment(since)
    before = _before(runtime)
    runtime.progress("collect", 0, 1, "recorded answers")
    rows = runtime.store.interactions(runtime.project.id, since=moment)
    found = choose(rows, runtime.store.feedback(), settings, before)
    made = _collection(runtime, collector, settings, moment, found, preview)
    runtime.progress("collect", 1, 1, f"{made.candidates} of {made.interactions} chosen")
    if not preview and found.fates:
        with runtime.change("collection.make", ("collection", made.id, made.id)) as change:
            change.put(made, expect=0)
    return made, found.fates


def held(runtime: Runtime) -> list[Held]:
    """Every collected row as it stands, oldest collecting first.

    Raises IntegrityProblem when a review or a collecting that the audit chain names is not held.
    """
    known = {person.id: person for person in people.everyone(runtime)}
    reviews = runtime.store.list(QuarantineReview)
    require_reviews(runtime.store, reviews, runtime.store.list(Collection))
    return [
        one
        for collection in collections(runtime)
        for one in standing_of(runtime, collection, reviews, known)
    ]


def collections(runtime: Runtime) -> list[Collection]:
    """Every collecting of the project, oldest first. Raises IntegrityProblem."""
    found = [c for c in runtime.store.list(Collection) if c.project == runtime.project.id]
    for one in found:
        if digest(one.model_dump(mode="json", exclude={"id"})) != one.id:
            raise IntegrityProblem(
                "collection_changed",
                f"The collection {one.id} is not what was recorded.",
                why="It was changed outside the program; what people accepted was another one.",
                fix="Put back a backup; the audit log says when it was written.",
            )
    return found


def candidates(runtime: Runtime, collection: Collection) -> list[Candidate]:
    """The rows of a collecting, verified by their digest."""
    return load_lines(Candidate, runtime.blobs.get(collection.records))


def standing_of(
    runtime: Runtime,
    collection: Collection,
    reviews: list[QuarantineReview],
    known: dict[str, Person],
) -> list[Held]:
    """The rows of one collecting as they stand."""
    own = [review for review in reviews if review.collection == collection.id]
    return standing(collection, candidates(runtime, collection), own, known)


def _collection(
    runtime: Runtime,
    collector: str,
    settings: CollectSettings,
    since: str,
    found: Collected,
    preview: bool,
) -> Collection:
    put = digest_bytes if preview else runtime.blobs.put
    facts = {
        "project": runtime.project.id,
        "collected_by": collector,
        "created_at": runtime.now(),
        "since": since,
        "dataset": runtime.head.dataset,
        "settings": settings.model_dump(),
        "interactions": len(found.fates),
        "candidates": len(found.candidates),
        "flagged": sum(bool(one.flags) for one in found.candidates),
        "dropped": found.dropped,
        "feedback": found.feedback,
        "feedback_unmatched": found.feedback_unmatched,
        "records": put(dump_lines(found.candidates)),
        "fates": put(dump_lines(found.fates)),
    }
    return Collection.model_validate({"id": digest(facts), **facts})


def _collector(runtime: Runtime) -> str:
    person = runtime.store.get(Person, runtime.actor)
    if person is None or not person.active:
        raise NeedsPersonProblem(
            "no_collector",
            f"'{runtime.actor}' is not a person whom this project knows.",
            why="Whoever collects may not accept the rows; so it must be known who it is.",
            fix="tuneworthy --as PERSON data collect; tuneworthy people list shows who there is",
        )
    return person.id


def _settings(runtime: Runtime, min_rating: float | None) -> CollectSettings:
    settings = runtime.project.collect
    if min_rating is None:
        return settings
    if not 0 <= min_rating <= 1:
        raise UsageProblem(
            "bad_rating", f"{min_rating} is no rating.", fix="--min-rating takes 0 to 1."
        )
    return settings.model_copy(update={"min_rating": min_rating})


def _moment(since: str) -> str:
    """A time as the store compares it: ISO 8601 in UTC."""
    if not since:
        return ""
    try:
        moment = datetime.fromisoformat(since)
    except ValueError as fault:
        raise UsageProblem(
            "bad_time", f"'{since}' is no time.", fix="--since 2026-03-01, or 2026-03-01T08:00:00"
        ) from fault
    zoned = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return zoned.isoformat()


def _before(runtime: Runtime) -> Before:
    rows = held(runtime)
    return Before(
        known=[*dataset_requests(runtime), *map(_known, rows)],
        interactions=frozenset(one.candidate.interaction for one in rows),
        by_subject=Counter(one.candidate.origin for one in rows if one.state != "rejected"),
    )


def _known(one: Held) -> Known:
    text, place = prompt_text(one.candidate.example), one.candidate.interaction
    return Known(text, place, "rejected" if one.state == "rejected" else "waiting")


def dataset_requests(runtime: Runtime) -> list[Known]:
    """What the current dataset version asks, in all its splits; empty when there is none."""
    version = runtime.store.get(DatasetVersion, runtime.head.dataset)
    if version is None:
        return []
    return [
        Known(prompt_text(example), place_of(example), "dataset")
        for split in SPLITS
        for example in load_lines(Example, runtime.blobs.get(version.records[split]))
    ]
