"""Which passwords, linked accounts and sessions the audit chain names."""

import json
from threading import Lock
from typing import Any

from tuneworthy.core.ports import Store

SET, LINK, UNLINK = "password.set", "account.link", "account.unlink"
BEGIN, END = "session.begin", "session.end"
OFFER, TAKE = "session.offer", "session.take"


class NamedAccounts:
    """What the events read so far made of people's ways in; none is read twice."""

    def __init__(self) -> None:
        self.credentials: dict[tuple[str, str], str] = {}
        """(kind, id) of a password or link to the digest of how it was written last."""
        self.sessions: dict[str, tuple[str, str, str]] = {}
        """Id of a session that is not over to its digest, its person, and the passkey of it."""
        self.links: dict[str, str] = {}
        """Digest of the secret of a link that nobody took to the digest of its row."""
        self._seen = 0
        self._turn = Lock()

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call; threads wait for each other."""
        with self._turn:
            for record in store.audit(self._seen):
                self._seen = record.seq
                try:
                    self._take(json.loads(record.body))
                except (ValueError, KeyError, TypeError):
                    continue  # a damaged event is for `audit verify` to name

    def _take(self, event: dict[str, Any]) -> None:
        action, thing = event["action"], event["object"]
        if action in (SET, LINK, UNLINK):
            self.credentials[thing["type"], thing["id"]] = event["after"]
        elif action == BEGIN:
            self.sessions[thing["id"]] = (thing["digest"], event["actor_id"], event["after"])
        elif action == OFFER:
            self.links[event["after"]] = thing["digest"]
        elif action == TAKE:
            self.links.pop(thing["digest"], None)
        elif action == END:
            self.sessions.pop(thing["id"], None)
        if action in (SET, UNLINK):
            person = event["on_behalf_of"]
            over = [id_ for id_, (_, whose, _) in self.sessions.items() if whose == person]
            for id_ in over:
                del self.sessions[id_]
