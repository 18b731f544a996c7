"""One item to one person, and their judgement of it kept: for labelling and for blind reviews."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tuneworthy.core.errors import BlockedProblem, ConflictProblem
from tuneworthy.core.ledger_ports import LabelChange
from tuneworthy.core.nouns.labelling import Annotation, Judgement, LabelItem, LabelValue, Lease
from tuneworthy.data.labelling import Standing, newest
from tuneworthy.lifecycle.label_ledger import BATCH, batch_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest


@dataclass(frozen=True)
class Asked:
    """What judgements belong to.

    Attributes:
        queue: Under which name items and judgements are kept.
        guide: Digest of what they are bound to now.
        valid: Digests under which judgements count.
        action: First word of the audit events.
        command: The command's first words, for what to type next.
        name: What people call the queue.
    """

    queue: str
    guide: str
    valid: Collection[str]
    action: str
    command: str
    name: str


def take_lease(
    runtime: Runtime,
    queue: str,
    person: str,
    *,
    guide: str,
    minutes: float,
    pick: Callable[[Sequence[Judgement], Sequence[Lease]], str | None],
) -> Lease | None:
    """The item that ``pick`` chooses, the person's alone for so long; None when nothing is left."""
    until = runtime.clock.now() + timedelta(minutes=minutes)
    asked = Lease(
        queue=queue, item="", person=person, guide=guide,
        until=until.isoformat(timespec="milliseconds"),
    )  # fmt: skip
    return runtime.store.labels.lease(asked, runtime.now(), pick)


def at_this_moment(
    counted: Sequence[Judgement],
    others: Sequence[Lease],
    last: Sequence[Judgement],
    person: str,
    own: Collection[str] = (),
) -> Standing:
    """The queue as this person meets it.

    Args:
        counted: The judgements that count.
        others: Items that others hold.
        last: Everybody's newest judgements, whether they count or not.
        person: Who asks.
        own: Items that are not for them.
    """
    taken = Counter(one.item for one in counted if not one.skipped)
    taken.update(one.item for one in others)
    done = {one.item for one in counted if one.person == person} | set(own)
    return Standing(taken, done, sum(one.person == person for one in last))


def keep(
    runtime: Runtime,
    asked: Asked,
    item: LabelItem,
    person: str,
    value: LabelValue | None,
    *,
    reason: str = "",
    again: bool = False,
    free: bool = False,
) -> Annotation:
    """Keep a judgement, or a skip where there is no value.

    Args:
        runtime: The project.
        asked: What it belongs to.
        item: What was judged.
        person: Who judged.
        value: What they said.
        reason: Why they skipped.
        again: Whether their own earlier judgement is replaced.
        free: Whether anybody may judge this item, however many have.

    Raises:
        BlockedProblem: Enough others judged it or hold it, or the person did already.
        ConflictProblem: What it is bound to changed since the item was handed out.
    """
    given = newest(runtime.store.labels.of_item(asked.queue, item.id))
    own = [one for one in given if one.person == person]
    if own and own[0].value is not None and own[0].guide in asked.valid and not again:
        raise BlockedProblem(
            "already_labelled",
            f"'{person}' judged item {item.id} of '{asked.name}' already.",
            fix=f"To replace it: {asked.command} submit {asked.name} {item.id} VALUE --again "
            f"--by {person}",
        )
    annotation = make_annotation(
        queue=asked.queue, item=item.id, person=person, value=value, skipped=reason,
        guide=asked.guide, replaces=own[0].id if own else "", created_at=runtime.now(),
    )  # fmt: skip
    what = (BATCH, asked.queue, batch_of([annotation]))
    verb = f"{asked.action}.{'skip' if value is None else 'submit'}"
    with runtime.change(verb, what, actor=person) as change:
        _require_place(change.labels, asked, item, person, runtime.now(), free=free or bool(own))
        change.labels.annotate(what[2], [annotation])
    return annotation


def make_annotation(**facts: object) -> Annotation:
    """An annotation under the digest of all it says."""
    draft = Annotation.model_validate({"id": "", **facts})
    return draft.model_copy(update={"id": digest(draft.model_dump(mode="json", exclude={"id"}))})


def _require_place(
    labels: LabelChange, asked: Asked, item: LabelItem, person: str, now: str, *, free: bool
) -> None:
    """Whether one more judgement is wanted; asked while nobody else can write."""
    leases = labels.leases(asked.queue, item.id, now)
    mine = next((one for one in leases if one.person == person), None)
    again = f"{asked.command} next {asked.name} --by {person}"
    if mine is not None:
        if mine.guide != asked.guide:
            raise ConflictProblem(
                "guide_changed",
                f"The guide of '{asked.name}' changed after item {item.id} was handed out.",
                why="A label is bound to the guide under which it was given.",
                fix=f"Read the guide, then: {again}",
            )
        return
    counted = [o for o in newest(labels.of_item(asked.queue, item.id)) if o.guide in asked.valid]
    judged = {one.person for one in counted if one.value is not None and one.person != person}
    if not free and len(judged | {one.person for one in leases}) >= item.need:
        raise BlockedProblem(
            "slot_taken",
            f"Item {item.id} of '{asked.name}' has all the {item.need} judgements it needs.",
            why="Somebody else was handed it meanwhile, or it was never handed to this person.",
            fix=again,
        )
