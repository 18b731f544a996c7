"""The rows of the people erased, taken out of the ledger: traffic, labels, memory, nouns."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping

from pydantic import ValidationError

from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.erasure import ErasedNode
from tuneworthy.core.nouns.labelling import Annotation, LabelQueue
from tuneworthy.lifecycle.chain_reader import REWRITE
from tuneworthy.lifecycle.erasure_blobs import GONE
from tuneworthy.lifecycle.erasure_marks import Marks
from tuneworthy.lifecycle.label_ledger import BATCH, ERASED, batch_of
from tuneworthy.lifecycle.wiring import Runtime
from tuneworthy.methods.canonical import canonical, digest
from tuneworthy.methods.needles import scrub

_OWN = ("erasure", "tombstone", "taint", "suppressed", "legal_hold")
"""Nouns of the erasing itself: digests and opaque ids alone."""


class Rows:
    """What the ledger holds of the people: found once, then taken out step by step.

    Every step may be done again: what is gone already is not found a second time.
    """

    def __init__(self, runtime: Runtime, marks: Marks) -> None:
        self._runtime = runtime
        self._marks = marks
        self.interactions: list[str] = []
        self.words: list[str] = []
        self.items: dict[str, set[str]] = defaultdict(set)
        self.steps: list[str] = []
        self.answers = 0
        self.told_answers = 0
        """Remembered answers that hold a text of theirs."""
        self.nouns: list[tuple[str, str, str]] = []
        self.signed: list[tuple[str, str]] = []
        """What somebody signed: without its text the signature fails, and a no is undone."""
        self._look()

    @property
    def only_traffic(self) -> bool:
        """Whether nothing but recorded traffic holds texts of theirs."""
        found = (self.items, self.steps, self.nouns, self.signed, self.told_answers)
        return not any(found)

    def nodes(self) -> Iterator[ErasedNode]:
        """One node for each kind of row, and one for each noun."""
        counts = (
            ("interactions", "recorded requests and answers", len(self.interactions)),
            ("feedback", "words on those answers", len(self.words)),
            ("step outputs", "results of steps, which are run anew", len(self.steps)),
            ("remembered answers", "the whole memory: a key does not tell whose it is",
             self.answers),
        )  # fmt: skip
        for kind, note, n in counts:
            if n:
                yield ErasedNode(
                    kind=kind, id=self._runtime.project.id, found=n, disposition="deleted",
                    note=note,
                )  # fmt: skip
        for queue, items in sorted(self.items.items()):
            note = "items with the judgements of them"
            yield ErasedNode(
                kind="label queue", id=queue, found=len(items), disposition="deleted", note=note
            )
        for kind_, id_, _ in self.nouns:
            note = "texts of theirs are taken out of it"
            yield ErasedNode(kind=kind_, id=id_, found=1, disposition="rewritten", note=note)
        for kind_, id_ in self.signed:
            note = "somebody's signed word names them; it is kept as the audit chain is"
            yield ErasedNode(kind=kind_, id=id_, found=1, disposition="kept", note=note)

    def erase(self) -> None:
        """Take everything out, with an audit event for each step."""
        self._traffic()
        for queue, items in sorted(self.items.items()):
            erase_labels(self._runtime, queue, items, self._event(len(items)))
        self._memory()
        for kind, id_, body in self.nouns:
            self._rewrite(kind, id_, body)

    # -- finding ----------------------------------------------------------------------------

    def _look(self) -> None:
        needles, ids = self._marks.needles, frozenset(self._marks.ids)
        bodies = Counter[str]()
        for table, key, body in self._runtime.store.texts():
            bodies[table] += 1
            hit = needles.hit(body.encode("utf-8", "replace"))
            match table:
                case "interactions" if hit or key[0] in ids:
                    self.interactions.append(key[0])
                case "feedback" if hit or json.loads(body).get("interaction") in ids:
                    self.words.append(key[0])
                case "label_items" if hit or ":".join(key) in ids:
                    self.items[key[0]].add(key[1])
                case "annotations" if hit:
                    said = json.loads(body)
                    self.items[said["queue"]].add(said["item"])
                case "steps" if hit:
                    self.steps.append(key[0])
                case "answers" if hit:
                    self.told_answers += 1
                case "documents" if key[0] not in _OWN and hit and _is_signed(body):
                    self.signed.append((key[0], key[1]))
                case "documents" if key[0] not in _OWN and hit:
                    self.nouns.append((key[0], key[1], body))
        self.answers = bodies["answers"]
        # Whose keys were destroyed before a kill: they are known by no more than that.
        rows, words = self._runtime.store.unreadable()
        self.interactions += rows
        self.words += words

    # -- taking out -------------------------------------------------------------------------

    def _event(self, n: int) -> dict[str, str]:
        reason = f"erasure {self._marks.erasure}: {n} rows"
        return {"actor": self._marks.asked.person, "reason": reason}

    def _traffic(self) -> None:
        n = len(self.interactions) + len(self.words)
        if not n:
            return
        what = ("traffic", self._runtime.project.id, "")
        with self._runtime.change("erasure.traffic", what, **self._event(n)) as change:
            change.erase.interactions(self.interactions)
            change.erase.feedback(self.words)

    def _memory(self) -> None:
        n = len(self.steps) + self.answers
        if not n:
            return
        what = ("memory", self._runtime.project.id, "")
        with self._runtime.change("erasure.memory", what, **self._event(n)) as change:
            change.erase.steps(self.steps)
            change.erase.answers()

    def _rewrite(self, kind: str, id_: str, body: str) -> None:
        clean, _ = scrub(json.loads(body), self._marks.needles, GONE)
        clean["id"] = id_
        if not _readable(kind, clean):
            return  # the search at the end finds it, and the report says so
        facts = {**self._event(1), "after": digest(clean)}
        with self._runtime.change(REWRITE, (kind, id_, ""), **facts) as change:
            change.erase.rewrite(kind, id_, canonical(clean).decode())


def _is_signed(body: str) -> bool:
    return bool(json.loads(body).get("envelope"))


def erase_labels(
    runtime: Runtime, queue: str, items: Collection[str], facts: Mapping[str, str]
) -> None:
    """Delete items of a queue with every judgement of them; the chain says what was left."""
    batches: dict[str, list[Annotation]] = defaultdict(list)
    for one in runtime.store.labels.annotations(queue):
        batches[one.batch].append(one.annotation)
    for batch, given in batches.items():
        gone = [one.id for one in given if one.item in items]
        if gone:
            left = [one for one in given if one.item not in items]
            rest = batch_of(left) if left else ""
            more = {**facts, "before": batch, "after": rest or "nothing"}
            with runtime.change(ERASED, (BATCH, queue, rest), **more) as change:
                change.erase.annotations(queue, gone, batch, rest)
    with runtime.change("erasure.items", (LabelQueue.kind, queue, ""), **facts) as change:
        change.erase.label_items(queue, sorted(items))


def _readable(kind: str, value: dict[str, object]) -> bool:
    """Whether the noun can still be read with the texts taken out of it."""
    shapes = [shape for shape in _below(Noun) if getattr(shape, "kind", "") == kind]
    try:
        for shape in shapes:
            shape.model_validate_json(json.dumps(value))
    except ValidationError:
        return False
    return bool(shapes)


def _below(shape: type[Noun]) -> Iterator[type[Noun]]:
    for one in shape.__subclasses__():
        yield one
        yield from _below(one)
