"""What every store promises about labelling queues, on SQLite and on PostgreSQL alike."""

import threading
from collections import Counter
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ConflictProblem, IntegrityProblem, StoreProblem
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.labelling import Annotation, Judgement, LabelItem, Lease
from tuneworthy.methods.canonical import digest
from tuneworthy.store import open_store
from tuneworthy.store.sql import SqlStore

NOW, LATER, LATEST = "2026-08-01T12:00", "2026-08-01T12:30", "2026-08-01T13:00"


def items(count: int = 3) -> list[LabelItem]:
    return [
        LabelItem(id=str(n + 1), position=n, text=f"row {n} ü \x00", need=1) for n in range(count)
    ]


def annotation(item: str = "1", person: str = "ana", **more: object) -> Annotation:
    facts = {"queue": "q", "item": item, "person": person, "value": "yes", "guide": "sha256:g",
             "created_at": NOW, **more}  # fmt: skip
    draft = Annotation.model_validate({"id": "", **facts})
    return draft.model_copy(update={"id": digest(draft.model_dump(mode="json", exclude={"id"}))})


def event(batch: str = "sha256:b") -> AuditDraft:
    return AuditDraft(
        actor="ana", action="label.submit", object_type="annotations", object_id="q",
        object_digest=batch,
    )  # fmt: skip


def add(store: SqlStore, *given: Annotation, batch: str = "sha256:b") -> None:
    with store.change(event(batch)) as change:
        change.labels.annotate(batch, given)


def asked(person: str, until: str = LATER, guide: str = "sha256:g") -> Lease:
    return Lease(queue="q", item="", person=person, guide=guide, until=until)


def first_free(judged: Sequence[Judgement], others: Sequence[Lease]) -> str | None:
    taken = {one.item for one in judged} | {one.item for one in others}
    return next((item.id for item in items(40) if item.id not in taken), None)


@pytest.fixture
def queue(store):
    with store.change(event()) as change:
        change.labels.add_items("q", items(40))
    return store


def test_items_and_annotations_are_got_as_they_were_put(queue):
    assert queue.labels.items("q") == items(40)
    assert queue.labels.items("other") == queue.labels.places("other") == []
    assert queue.labels.item("q", "2") == items(2)[1]
    assert queue.labels.item("q", "41") is queue.labels.item("other", "1") is None
    assert queue.labels.places("q") == [(item.id, item.need) for item in items(40)]
    given = [annotation("2"), annotation("1", value=-3.5), annotation("1", "bo", value=None)]
    add(queue, *given)
    add(queue, annotation("3"), batch="sha256:c")
    kept = queue.labels.annotations("q")
    assert [one.annotation for one in kept] == [*given, annotation("3")]
    assert [one.batch for one in kept] == ["sha256:b"] * 3 + ["sha256:c"]
    assert queue.labels.of_item("q", "1") == given[1:]
    assert queue.labels.annotations("other") == []


def test_a_person_answers_an_item_once_and_replaces_an_answer_once(queue):
    one = annotation()
    add(queue, one)
    with pytest.raises(ConflictProblem) as caught:
        add(queue, annotation("2"), annotation(value="no"))
    assert caught.value.code == "already_labelled"
    assert len(queue.labels.annotations("q")) == 1, "nothing of a refused change is kept"
    add(queue, annotation(value="no", replaces=one.id))
    with pytest.raises(ConflictProblem):
        add(queue, annotation(value="maybe", replaces=one.id))
    add(queue, annotation(person="bo"))


def test_an_annotation_changed_behind_our_back_is_noticed(queue, store_url):
    add(queue, annotation())
    engine = sa.create_engine(store_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        order = """UPDATE annotations SET body = replace(body, '"yes"', '"no"')"""
        connection.execute(sa.text(order))
    engine.dispose()
    with pytest.raises(IntegrityProblem) as caught:
        queue.labels.annotations("q")
    assert caught.value.code == "annotation_damaged"


class TestLeases:
    def test_the_same_item_until_it_is_answered_then_the_next(self, queue):
        lease = queue.labels.lease(asked("ana"), NOW, first_free)
        assert lease == asked("ana").model_copy(update={"item": "1"})
        newer = asked("ana", LATEST, "sha256:h")
        again = queue.labels.lease(newer, NOW, first_free)
        assert again == newer.model_copy(update={"item": "1"}), "renewed, under the new guide"
        add(queue, annotation("1"))
        following = queue.labels.lease(asked("ana"), NOW, first_free)
        assert following is not None
        assert following.item == "2"

    def test_what_one_holds_another_is_not_given_until_it_lapses(self, queue):
        def item_for(person: str, now: str) -> str:
            lease = queue.labels.lease(asked(person, LATEST), now, first_free)
            assert lease is not None
            return str(lease.item)

        assert queue.labels.lease(asked("ana"), NOW, first_free) is not None
        assert item_for("bo", NOW) == "2"
        assert item_for("cy", LATER) == "1", "ana's lease ended at that moment"
        queue.labels.release("q", "bo")
        assert item_for("di", LATER) == "2"

    def test_a_change_sees_who_holds_an_item(self, queue):
        assert queue.labels.lease(asked("ana"), NOW, first_free) is not None
        with queue.change(event()) as change:
            assert [one.person for one in change.labels.leases("q", "1", NOW)] == ["ana"]
            assert change.labels.leases("q", "1", LATER) == []
            assert change.labels.leases("q", "2", NOW) == []
            change.labels.annotate("sha256:b", [annotation("1")])
            assert change.labels.leases("q", "1", NOW) == []
            assert change.labels.of_item("q", "1") == [annotation("1")]

    def test_nothing_left_leases_nothing(self, queue):
        assert queue.labels.lease(asked("ana"), NOW, lambda *_: None) is None
        assert queue.labels.lease(asked("bo"), NOW, first_free) is not None

    def test_a_lease_inside_a_change_is_refused_at_once(self, queue):
        with queue.change(event()), pytest.raises(StoreProblem) as caught:
            queue.labels.lease(asked("ana"), NOW, first_free)
        assert caught.value.code == "nested_change"

    def test_twenty_people_at_once_get_twenty_items(self, queue, store_url):
        got: list[str] = []
        barrier = threading.Barrier(20)

        def work(number: int) -> None:
            with open_store(store_url, SystemClock()) as store:
                barrier.wait()
                lease = store.labels.lease(asked(f"p{number}"), NOW, first_free)
                assert lease is not None
                got.append(lease.item)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 20
        assert max(Counter(got).values()) == 1, "two people were given the same last place"
