"""Seals rows of recorded traffic under the right key, and opens what there is a key for.

Keys are remembered for the day whose rows they seal, and looked up anew the day after: so a key
that has sealed nothing for two days is in nobody's memory, and may be destroyed when it is idle.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ValidationError

from tuneworthy.core.errors import IntegrityProblem
from tuneworthy.core.nouns.sealing import DataKey, SealedFeedback, SealedInteraction
from tuneworthy.core.nouns.serving import Feedback, Interaction
from tuneworthy.methods.sealing import SealBrokenError, is_sealed, key_of, seal, unseal
from tuneworthy.methods.subjects import subject_in
from tuneworthy.store.subject_keys import SqlSubjectKeys

B = TypeVar("B", bound=BaseModel)

INTERACTION, WORD = "interaction", "feedback"
"""What is bound into a sealed text, beside the row's id."""

_MOST = 100_000
"""Keys, and interactions with theirs, that are remembered."""
_CLEAR = ("id", "route", "manifest", "arm", "created_at", "status", "seconds")
_CLEAR_OF_WORD = ("id", "interaction", "created_at")


class RowSealer:
    """A ``Sealer`` over a ring of keys. Threads may share one.

    Args:
        keys: The ring.
        require: Raises IntegrityProblem when the ring is not the ledger's; makes the first one.
        key_of_interaction: The key that a kept interaction is sealed under, empty for none.
    """

    def __init__(
        self,
        keys: SqlSubjectKeys,
        require: Callable[[], None],
        key_of_interaction: Callable[[str], str],
    ) -> None:
        self._keys = keys
        self._require = require
        self._key_of_interaction = key_of_interaction
        self._epoch = -1
        self._lock = threading.Lock()
        self._of_subject: dict[str, tuple[str, DataKey]] = {}
        self._secrets: dict[str, bytes] = {}
        self._recent: OrderedDict[str, str] = OrderedDict()

    def refresh(self) -> None:
        """Forget every key when some were destroyed since."""
        epoch = self._keys.epoch()
        if epoch != self._epoch:
            with self._lock:
                self._epoch = epoch
                self._of_subject, self._secrets = {}, {}

    # -- sealing ----------------------------------------------------------------------------

    def prepared(self, subject: str, stamp: str) -> bool:
        """Whether a row can be sealed at once, without asking the ring of keys."""
        known = self._of_subject.get(subject)
        return known is not None and known[0] == stamp[:10]

    def prepare(self, subject: str, stamp: str) -> None:
        """Fetch or make the key, durably. Raises StoreProblem or IntegrityProblem."""
        self._key(subject, stamp)

    def prepare_word(self, interaction: str, stamp: str) -> None:
        """The same for a word on an interaction, which is sealed under that one's key."""
        self._key_of_word(interaction, stamp)

    def interaction(self, row: Mapping[str, Any], subject: str) -> bytes:
        """A SealedInteraction as JSON, of an Interaction's fields."""
        key = self._key(subject, row["created_at"])
        self._note(row["id"], key.id)
        return orjson.dumps(_sealed(row, _CLEAR, key, INTERACTION))

    def word(self, row: Mapping[str, Any]) -> bytes:
        """A SealedFeedback as JSON, of Feedback's fields."""
        key = self._key_of_word(row["interaction"], row["created_at"])
        return orjson.dumps(_sealed(row, _CLEAR_OF_WORD, key, WORD))

    def seal_row(self, row: Interaction, *, late: bool = False) -> SealedInteraction:
        """The same of a noun."""
        key = self._key(subject_of(row), row.created_at)
        self._note(row.id, key.id)
        fields = row.model_dump()
        return SealedInteraction.model_validate(_sealed(fields, _CLEAR, key, INTERACTION, late))

    def seal_word(self, row: Feedback, key: str, *, late: bool = False) -> SealedFeedback:
        """The same of a word; ``key`` is its interaction's, empty where that is not known."""
        under = self._live(key) or self._key("", row.created_at)
        fields = row.model_dump()
        return SealedFeedback.model_validate(_sealed(fields, _CLEAR_OF_WORD, under, WORD, late))

    def moved(self, word: SealedFeedback, key: str) -> SealedFeedback:
        """A sealed word under its interaction's key, where both keys are there."""
        text = self.open(word.body, WORD, word.id)
        if word.key == key or text is None or self._live(key) is None:
            return word
        late = not word.body.startswith("s1:")
        return self.seal_word(Feedback.model_validate_json(text), key, late=late)

    # -- opening ----------------------------------------------------------------------------

    def load(self, keys: Iterable[str]) -> dict[str, bytes]:
        """Those of these keys that are there, fetched all at once."""
        known, asked = self._secrets, {key for key in keys if key}
        held = {key: known[key] for key in asked if key in known}
        if wanted := asked - held.keys():
            self._require()
            epoch = self._epoch
            found = self._keys.secrets_of(wanted)
            self._remember(epoch, found, {})
            return {**held, **found}
        return held

    def open(self, body: str, kind: str, id_: str) -> str | bytes | None:
        """A row's JSON; None when its key was destroyed.

        Raises IntegrityProblem when the key is lost, or the row does not open.
        """
        if not is_sealed(body):
            return body
        try:
            key = key_of(body)
            secret = self.load((key,)).get(key)
            if secret is not None:
                return unseal(secret, body, kind, id_)
        except SealBrokenError as fault:
            raise damaged(id_, "its sealed bytes were changed outside the program") from fault
        if self._keys.destroyed((key,)):
            return None
        raise IntegrityProblem(
            "row_key_lost",
            f"The recorded row {id_} cannot be opened: its key is not in {self._keys.place}.",
            why="The keys there are older than the row, or another project's.",
            fix="Put back the newest copy of the keys, or give the rows up: "
            "tuneworthy retention renew-keys",
        )

    def destroyed(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of these keys that were destroyed; ones that are in mind are not asked for."""
        self.refresh()
        return self._keys.destroyed({key for key in keys if key not in self._secrets})

    # -- inside -----------------------------------------------------------------------------

    def _key(self, subject: str, stamp: str) -> DataKey:
        day = stamp[:10]
        known = self._of_subject.get(subject)
        if known is not None and known[0] == day:
            return known[1]
        self._require()
        epoch = self._epoch
        found = self._keys.key_for(subject, day)
        self._remember(epoch, {found.id: found.secret}, {subject: (day, found)})
        return found

    def _key_of_word(self, interaction: str, stamp: str) -> DataKey:
        key = self._recent.get(interaction)
        if key is None:
            key = self._key_of_interaction(interaction)
            if key:
                self._note(interaction, key)
        return self._live(key) or self._key("", stamp)

    def _live(self, key: str) -> DataKey | None:
        secret = self.load((key,)).get(key)
        return None if secret is None else DataKey(key, secret)

    def _note(self, interaction: str, key: str) -> None:
        with self._lock:
            self._recent[interaction] = key
            if len(self._recent) > _MOST:
                self._recent.popitem(last=False)

    def _remember(
        self, epoch: int, secrets: dict[str, bytes], of_subject: dict[str, tuple[str, DataKey]]
    ) -> None:
        """Keep keys in mind, unless some were destroyed while these were fetched."""
        with self._lock:
            if epoch != self._epoch:
                return
            if len(self._secrets) > _MOST:
                self._of_subject, self._secrets = {}, {}
            self._secrets.update(secrets)
            self._of_subject.update(of_subject)


def subject_of(row: Interaction) -> str:
    """Whom a recorded request names first; empty for nobody."""
    try:
        body = orjson.loads(row.request)
    except orjson.JSONDecodeError:
        body = {}
    return subject_in(body) if isinstance(body, dict) else ""


def damaged(id_: str, why: str) -> IntegrityProblem:
    """The problem of a recorded row that is not what was kept."""
    return IntegrityProblem(
        "row_damaged",
        f"The recorded row {id_} cannot be read.",
        why=f"{why[:1].upper()}{why[1:]}.",
        fix="Put back a backup, or delete the row; the audit chain does not depend on it.",
    )


def noun_of(shape: type[B], id_: str, text: str | bytes) -> B:
    """A recorded row as a noun. Raises IntegrityProblem."""
    try:
        return shape.model_validate_json(text)
    except ValidationError as fault:
        why = f"it is no {shape.__name__} any more: it was changed outside the program"
        raise damaged(id_, why) from fault


def _sealed(
    row: Mapping[str, Any], clear: tuple[str, ...], key: DataKey, kind: str, late: bool = False
) -> dict[str, Any]:
    body = seal(key.secret, key.id, orjson.dumps(row), kind, row["id"], late=late)
    return {**{name: row[name] for name in clear}, "key": key.id, "body": body}
