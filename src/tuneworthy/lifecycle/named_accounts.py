"""Which passwords, linked accounts and sessions the audit chain names."""

import json

from tuneworthy.core.ports import Store

SET, LINK, UNLINK = "password.set", "account.link", "account.unlink"
BEGIN, END, END_ALL = "session.begin", "session.end", "session.end_all"


class NamedAccounts:
    """What the events read so far made of people's ways in; none is read twice."""

    def __init__(self) -> None:
        self.credentials: dict[tuple[str, str], str] = {}
        """(kind, id) of a password or link to the digest of how it was written last."""
        self.sessions: dict[str, tuple[str, str]] = {}
        """Id of a session that is not over to its digest and its person."""
        self._seen = 0

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call."""
        for record in store.audit(self._seen):
            self._seen = record.seq
            try:
                event = json.loads(record.body)
                self._take(event["action"], event["object"], event["after"], event["actor_id"])
            except (ValueError, KeyError, TypeError):
                continue  # a damaged event is for `audit verify` to name

    def _take(self, action: str, thing: dict[str, str], after: str, actor: str) -> None:
        if action in (SET, LINK, UNLINK):
            self.credentials[thing["type"], thing["id"]] = after
        elif action == BEGIN:
            self.sessions[thing["id"]] = (thing["digest"], actor)
        elif action == END:
            self.sessions.pop(thing["id"], None)
        if action in (SET, UNLINK, END_ALL):
            person = thing["id"].rpartition(":")[2]
            over = [id_ for id_, (_, whose) in self.sessions.items() if whose == person]
            for id_ in over:
                del self.sessions[id_]
