"""Labelling as people do it: open a queue, take an item, judge it, have the last word."""

from collections.abc import Sequence

from tuneworthy.core.errors import (
    BlockedProblem,
    ConfigProblem,
    UsageProblem,
)
from tuneworthy.core.nouns.label_settings import QueueSettings
from tuneworthy.core.nouns.labelling import (
    Adjudication,
    Annotation,
    Gold,
    GuideWord,
    Handed,
    Judgement,
    LabelItem,
    LabelQueue,
    LabelValue,
    Lease,
)
from tuneworthy.core.nouns.project import Source
from tuneworthy.data.labelling import checked, choose, needs, newest, read_items, standing
from tuneworthy.lifecycle.judgements import Asked, at_this_moment, keep, take_lease
from tuneworthy.lifecycle.label_ledger import (
    find_queue,
    folder_path,
    item_of,
    lead,
    read_guide,
    read_queue,
    with_guide,
    worker,
)
from tuneworthy.lifecycle.wiring import Runtime


def create(runtime: Runtime, name: str, settings: QueueSettings, person: str) -> LabelQueue:
    """Open a queue over the rows of a file.

    Raises UsageProblem for settings that do not go together, ConfigProblem or DataProblem for a
    file that cannot be used, ConflictProblem when there is a queue of this name.
    """
    settings.check(name)
    lead(runtime, person, "open a queue")
    guide = runtime.blobs.put(read_guide(runtime, settings.guide))
    path = folder_path(runtime, settings.source)
    if not path.is_file():
        raise ConfigProblem("no_source", f"{path} is not a file.", fix="Name one: --from FILE")
    rows = read_items(path, source_of(runtime, settings.source))
    need = needs(len(rows.texts), settings.annotators, settings.overlap, settings.seed)
    items = [
        LabelItem(id=str(row), position=place, text=text, need=need[place])
        for place, (row, text) in enumerate(rows.texts.items())
    ]
    queue = LabelQueue(
        id=name,
        project=runtime.project.id,
        sha256=rows.sha256,
        items=len(items),
        unread=rows.unread,
        guide_digest=guide,
        created_by=person,
        created_at=runtime.now(),
        **settings.model_dump(),
    )
    what = (LabelQueue.kind, name, "")
    with runtime.change("label.create", what, actor=person) as change:
        change.put(queue, expect=0)
        change.labels.add_items(name, items)
    return queue


def source_of(runtime: Runtime, name: str) -> Source:
    """The source of this path as the project describes it, or a plain one."""
    path = folder_path(runtime, name).resolve()
    for source in runtime.project.sources:
        if folder_path(runtime, source.path).resolve() == path:
            return source
        home = runtime.folder.resolve()
        inside = path.relative_to(home) if path.is_relative_to(home) else path
        if source.covers(inside.as_posix()):
            return source.model_copy(update={"path": name})
    return Source(path=name)


def hand_out(runtime: Runtime, name: str, person: str) -> Handed | None:
    """The next item for a person, theirs until the lease ends; None when nothing is left.

    Asked again before an answer, the same item is handed out again.
    """
    worker(runtime, person)
    queue = with_guide(runtime, find_queue(runtime, name))
    places = runtime.store.labels.places(name)
    gold = {one.item: one for one in runtime.store.list(Gold) if one.queue == name}
    own = {item for item, known in gold.items() if known.person == person}

    def pick(judged: Sequence[Judgement], others: Sequence[Lease]) -> str | None:
        counted = standing(queue, judged)
        return choose(
            places, gold, at_this_moment(counted, others, newest(judged), person, own),
            person=person, gold_rate=queue.gold_rate, seed=queue.seed,
        )  # fmt: skip

    lease = take_lease(
        runtime, name, person, guide=queue.guide_digest, minutes=queue.lease_minutes, pick=pick
    )
    if lease is None:
        return None
    return Handed(
        queue=name,
        item=item_of(runtime, queue, lease.item),
        question=queue.question,
        scale=queue.scale,
        choices=queue.choices,
        low=queue.low,
        high=queue.high,
        guide=queue.guide,
        until=lease.until,
    )


def submit(
    runtime: Runtime, name: str, item: str, person: str, value: object, *, again: bool = False
) -> Annotation:
    """Keep a person's label.

    Raises:
        UsageProblem: The value is no label of the queue.
        BlockedProblem: Enough others judged the item or hold it, or the person judged it already;
            ``again`` replaces their own judgement.
        ConflictProblem: The guide changed since the item was handed out.
    """
    queue = find_queue(runtime, name)
    return _keep(runtime, queue, item, person, checked(queue, value), again=again)


def skip(runtime: Runtime, name: str, item: str, person: str, reason: str) -> Annotation:
    """Pass an item on to others, with the reason. Raises as ``submit`` does."""
    if not reason.strip():
        raise UsageProblem("no_reason", "A skip needs a reason.", fix="--reason WHY")
    return _keep(runtime, find_queue(runtime, name), item, person, None, reason=reason)


def _keep(
    runtime: Runtime,
    queue: LabelQueue,
    item: str,
    person: str,
    value: LabelValue | None,
    *,
    reason: str = "",
    again: bool = False,
) -> Annotation:
    worker(runtime, person)
    queue = with_guide(runtime, queue)
    known = item_of(runtime, queue, item)
    is_gold = runtime.store.get(Gold, f"{queue.id}:{item}") is not None
    asked = Asked(
        queue.id, queue.guide_digest, queue.valid_guides, "label", "tuneworthy label", queue.id
    )
    return keep(runtime, asked, known, person, value, reason=reason, again=again, free=is_gold)


def add_gold(
    runtime: Runtime, name: str, item: str, value: object, person: str, reason: str
) -> Gold:
    """Say what the right label of an item is, to ask people about it among the others.

    Raises UsageProblem, ConfigProblem or BlockedProblem.
    """
    lead(runtime, person, "give known answers")
    queue = find_queue(runtime, name)
    item_of(runtime, queue, item)
    gold = Gold(
        id=f"{name}:{item}", queue=name, item=item, value=checked(queue, value), person=person,
        reason=reason, created_at=runtime.now(),
    )  # fmt: skip
    with runtime.change("label.gold", (Gold.kind, gold.id, ""), actor=person, reason=reason) as c:
        c.put(gold)
    return gold


def adjudicate(
    runtime: Runtime, name: str, item: str, value: object, person: str, reason: str
) -> Adjudication:
    """The last word on an item, by a lead who did not judge it.

    Raises UsageProblem, ConfigProblem or BlockedProblem.
    """
    lead(runtime, person, "adjudicate")
    if not reason.strip():
        raise UsageProblem("no_reason", "An adjudication needs a reason.", fix="--reason WHY")
    state = read_queue(runtime, name)
    queue = with_guide(runtime, state.queue)
    item_of(runtime, queue, item)
    seen = [o for o in standing(queue, state.annotations) if o.item == item]
    if not seen:
        raise BlockedProblem(
            "nobody_judged", f"Nobody has judged item {item} of '{name}' under this guide yet."
        )
    if any(one.person == person for one in seen):
        raise BlockedProblem(
            "judged_it_themselves",
            f"'{person}' judged item {item} of '{name}' and cannot have the last word on it.",
            fix="Let another lead adjudicate: --by PERSON (tuneworthy people list)",
        )
    word = Adjudication(
        id=f"{name}:{item}", queue=name, item=item, value=checked(queue, value), person=person,
        reason=reason, guide=queue.guide_digest, annotations=tuple(one.id for one in seen),
        created_at=runtime.now(),
    )  # fmt: skip
    what = (Adjudication.kind, word.id, "")
    with runtime.change("label.adjudicate", what, actor=person, reason=reason) as change:
        change.put(word)
    return word


def still_valid(runtime: Runtime, name: str, person: str, reason: str) -> LabelQueue:
    """A lead's word that labels under the guides before this one stand as they are.

    Raises UsageProblem when every label is under the newest guide already.
    """
    lead(runtime, person, "say that older labels stand")
    if not reason.strip():
        raise UsageProblem("no_reason", "Say why the older labels stand.", fix="--reason WHY")
    state = read_queue(runtime, name)
    queue = with_guide(runtime, state.queue)
    older = sorted({one.guide for one in state.annotations} - queue.valid_guides)
    if not older:
        raise UsageProblem(
            "nothing_older", f"No label of '{name}' was given under an older guide that lapsed."
        )
    words = [
        GuideWord(older=one, newer=queue.guide_digest, person=person, reason=reason)
        for one in older
    ]
    generation = runtime.store.generation(LabelQueue, name)
    said = queue.model_copy(update={"still_valid": (*queue.still_valid, *words)})
    what = (LabelQueue.kind, name, "")
    with runtime.change("label.still_valid", what, actor=person, reason=reason) as change:
        change.put(said, expect=generation)
    return said
