"""Tells each place what it has not heard yet; how far it has heard stands in the ledger.

The position moves on after a place has taken a notice, never before: a process that dies in between
says it a second time, and nothing is lost.
"""

import fcntl
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from tuneworthy.core.errors import ConflictProblem, Problem
from tuneworthy.core.nouns.checkpoint import MailSettings
from tuneworthy.core.nouns.notice import Notice, NotifyPlace, Outbox, PlaceState
from tuneworthy.lifecycle import noticing, sending
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import digest

log = logging.getLogger("tuneworthy.notify")

FIRST = timedelta(hours=1)
"""A place that is new hears what happened this long before."""

PATIENCE = timedelta(minutes=1)
"""How long a place that failed is left alone, unless somebody asks; it doubles, to an hour."""


ROUND = 20
"""Notices that a place takes in one look, unless somebody asks; then the next has its turn."""

LONG = 500
"""After so many events of no interest to a place, its position is written down anew."""

LOOK_SECONDS = 60.0
"""While nothing happens, it is looked so often whether something ends soon."""

_quiet: dict[str, tuple[int, float]] = {}
"""Ledger to the newest event at which nothing waited, and the moment of that look."""


def send(
    runtime: Runtime, *, patient: bool = False, ended: Callable[[], bool] | None = None
) -> bool:
    """Tell every place what it has not heard, oldest first; true when nothing is left.

    Args:
        runtime: Names the places.
        patient: Leave a place alone for a while after it failed, and let none hold up the others:
            each takes a few notices.
        ended: Asked before each notice; when true, the rest waits for another time.
    """
    all_told = True
    with _alone(runtime) as alone:
        for place in runtime.project.notify.to if alone else ():
            box = _begun(runtime, place)
            if not (patient and _left_alone(runtime, box)):
                most = ROUND if patient else None
                all_told = _send_all(runtime, place, box, most, ended) and all_told
            else:
                all_told = False
    return all_told and alone


def keep_up(runtime: Runtime, ended: Callable[[], bool] | None = None) -> None:
    """Send what waits; what goes wrong is logged, and tried again later.

    Args:
        runtime: Names the places.
        ended: Asked before each notice; when true, the rest waits for another time.
    """
    if not runtime.project.notify.to:
        return
    try:
        name, newest = str(runtime.state.absolute()), runtime.store.last_event()
        event, at = _quiet.get(name, (-1, 0.0))
        if event == newest and time.monotonic() - at < LOOK_SECONDS:
            return
        if send(runtime, patient=True, ended=ended) and not faults(runtime):
            _quiet[name] = (newest, time.monotonic())
    except Problem as problem:
        log.warning("%s", sending.words(problem))


def leave(runtime: Runtime) -> None:
    """``keep_up`` at the end of a command that looked at the ledger."""
    if "store" in runtime.__dict__:
        keep_up(runtime)


def states(runtime: Runtime) -> list[PlaceState]:
    """Every place, and what waits for it; nothing is sent."""
    found = []
    for place in runtime.project.notify.to:
        box = _box(runtime, place)
        found.append(
            PlaceState(
                to=box.to,
                kinds=place.kinds,
                person=place.person,
                waiting=tuple(_unheard(runtime, place, box)),
                error=box.error,
            )
        )
    return found


def faults(runtime: Runtime) -> list[str]:
    """The places that could not be told at the last try, each with the reason."""
    boxes = (_box(runtime, place) for place in runtime.project.notify.to)
    return [f"{box.to} was not told: {box.error}" for box in boxes if box.error]


# -- one place -----------------------------------------------------------------------------------


def _send_all(
    runtime: Runtime,
    place: NotifyPlace,
    box: Outbox,
    most: int | None,
    ended: Callable[[], bool] | None,
) -> bool:
    """Whether nothing is left that this place has not heard."""
    newest = runtime.store.last_event()
    waiting = _unheard(runtime, place, box)
    if not waiting and newest - box.position > LONG:
        _keep(runtime, box, {"position": newest}, "nothing to tell")
    for notice in waiting[:most]:
        if ended is not None and ended():
            return False
        try:
            _hand_over(runtime, place, notice)
        except Problem as problem:
            failed: dict[str, Any] = {"error": sending.words(problem), "failures": box.failures + 1}
            failed["tried_at"] = runtime.now()
            _keep(runtime, box, failed, f"not sent: {_title(notice)}", notice.key)
            return False
        heard: dict[str, Any] = {"error": "", "failures": 0, "tried_at": ""}
        if notice.event:
            heard["position"] = notice.event
        else:
            heard["told"] = (*box.told, notice.key)
        after = _keep(runtime, box, heard, f"sent: {_title(notice)}", notice.key)
        if after is None:
            return False  # Another process tells this place.
        box = after
    return most is None or len(waiting) <= most


def _unheard(runtime: Runtime, place: NotifyPlace, box: Outbox) -> list[Notice]:
    happened = noticing.of_events(runtime, list(runtime.store.audit(box.position)))
    return [one for one in (*happened, *_standing(runtime, box)) if _for(place, one)]


def _standing(runtime: Runtime, box: Outbox) -> list[Notice]:
    """What is so now and was not told; nothing while the ledger cannot be trusted."""
    try:
        now = noticing.standing(runtime)
    except Problem as problem:
        log.warning("%s", sending.words(problem))
        return []
    return [one for one in now if one.key not in box.told]


def _for(place: NotifyPlace, notice: Notice) -> bool:
    return notice.kind in place.kinds and (not place.person or place.person in notice.people)


def _hand_over(runtime: Runtime, place: NotifyPlace, notice: Notice) -> None:
    """Raises Problem when it did not arrive."""
    settings = runtime.project.notify
    project = " ".join(runtime.project.id.split())
    said = f"{notice.said}\n\nSee: {notice.command}"
    sending.tell(
        sending.resolved(place.to),
        _mail(runtime, settings.mail),
        runtime.project.open_hosts(settings.internal_hosts),
        subject=f"[{project}] {_title(notice)}",
        text=f"{said}\n\nNumber {notice.key}; should it come twice, it has the same.\n",
        body={
            "text": _for_slack(f"[{project}] {said}"),
            "kind": notice.kind,
            "project": runtime.project.id,
            "id": notice.key,
        },
    )


def _title(notice: Notice) -> str:
    return f"{notice.kind}, event {notice.event}" if notice.event else notice.kind


def _mail(runtime: Runtime, own: MailSettings) -> MailSettings:
    return own if own.host else runtime.project.audit.mail


def _for_slack(text: str) -> str:
    """The three letters that have a meaning there; so no name can call a channel.

    >>> _for_slack("<!channel> & co")
    '&lt;!channel&gt; &amp; co'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# -- the position --------------------------------------------------------------------------------


def _begun(runtime: Runtime, place: NotifyPlace) -> Outbox:
    """How far a place has heard; where a new one begins is written down at once."""
    box = _box(runtime, place)
    if not runtime.store.generation(Outbox, box.id):
        return _keep(runtime, box, {}, f"begins after event {box.position}") or box
    return box


def _box(runtime: Runtime, place: NotifyPlace) -> Outbox:
    """How far a place has heard; one that is new begins a while ago."""
    id_ = digest(["outbox", runtime.project.id, place.to, place.person])
    if known := runtime.store.get(Outbox, id_):
        return known
    since = (runtime.clock.now() - FIRST).isoformat(timespec="milliseconds")
    older = [one.seq for one in runtime.store.audit() if noticing.moment(one) < since]
    return Outbox(
        id=id_,
        project=runtime.project.id,
        to=sending.label(place.to),
        position=max(older, default=0),
    )


def _keep(
    runtime: Runtime, box: Outbox, now: Mapping[str, Any], said: str, notice: str = ""
) -> Outbox | None:
    """Say in the ledger how it went; None when another process was there first."""
    generation = runtime.store.generation(Outbox, box.id)
    if generation and runtime.store.get(Outbox, box.id) != box:
        return None
    after = box.model_copy(update=now)
    facts = {"after": f"{box.to} {said}", "reason": after.error}
    try:
        with runtime.change("notice.deliver", (box.kind, box.id, notice), **facts) as change:
            change.put(after, expect=generation)
    except ConflictProblem:
        return None
    return after


def _left_alone(runtime: Runtime, box: Outbox) -> bool:
    if not box.failures or not box.tried_at:
        return False
    pause: timedelta = min(PATIENCE * 2 ** min(box.failures - 1, 6), timedelta(hours=1))
    since = runtime.clock.now() - datetime.fromisoformat(box.tried_at)
    return since < pause


@contextmanager
def _alone(runtime: Runtime) -> Iterator[bool]:
    """Whether no other process of this machine is telling people now; the other goes on then."""
    with (runtime.state / "notify.lock").open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
