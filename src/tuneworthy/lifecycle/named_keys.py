"""Which keys of programs the audit chain names."""

import json

from tuneworthy.core.ports import Store

CREATE, REVOKE = "key.create", "key.revoke"


class NamedKeys:
    """Which keys the events read so far made and revoked; none is read twice."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}
        self.revoked: set[str] = set()
        self._seen = 0

    def read_on(self, store: Store) -> None:
        """Take in the events that were added since the last call."""
        for record in store.audit(self._seen):
            self._seen = record.seq
            try:
                event = json.loads(record.body)
                action, id_, after = event["action"], event["object"]["id"], event["after"]
            except (ValueError, KeyError, TypeError):
                continue  # a damaged event is for `audit verify` to name
            if action == CREATE:
                self.made.setdefault(id_, after)
            elif action == REVOKE:
                self.revoked.add(id_)
