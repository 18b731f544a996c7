"""What every store promises about remembered answers."""

import threading

import sqlalchemy as sa

from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import StoreProblem
from tuneworthy.store import open_store
from tuneworthy.store.tables import answers

WORDS = "Żółć № 1 \\u0000 \U0001f600"


def test_what_was_kept_is_known_again_after_reopening(store_url):
    with open_store(store_url, SystemClock()) as store:
        store.answers.keep({"a": WORDS, "b": "2"})
        store.answers.keep({})
        assert store.answers.known(["a", "c"]) == {"a": WORDS}
    with open_store(store_url, SystemClock()) as store:
        assert store.answers.known(["b", "a", "b"]) == {"a": WORDS, "b": "2"}
        assert store.answers.known([]) == {}


def test_the_newest_answer_stands_and_nothing_is_audited(store):
    before = store.last_event()
    store.answers.keep({"a": "1"})
    store.answers.keep({"a": "2"})
    assert store.answers.known(["a"]) == {"a": "2"}
    assert store.last_event() == before


def test_an_answer_that_was_changed_is_not_believed_and_can_be_kept_anew(store, store_url):
    store.answers.keep({"a": "wrong", "b": "right"})
    engine = sa.create_engine(store_url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.update(answers).where(answers.c.key == "a").values(body="right"))
    engine.dispose()
    assert store.answers.known(["a", "b"]) == {"b": "right"}
    store.answers.keep({"a": "right"})
    assert store.answers.known(["a"]) == {"a": "right"}


def test_more_keys_than_a_statement_may_hold(store):
    rows = {f"k{n:05}": str(n) for n in range(40_000)}
    store.answers.keep(rows)
    assert store.answers.known(list(rows)) == rows


def test_many_threads_keep_the_same_answers(store):
    faults: list[StoreProblem] = []

    def work(number: int) -> None:
        try:
            for turn in range(10):
                store.answers.keep({f"k{(n * number) % 7}": "same" for n in range(turn)})
        except StoreProblem as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert set(store.answers.known([f"k{n}" for n in range(7)]).values()) == {"same"}
