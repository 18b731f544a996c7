"""Which keys of programs the audit chain names."""

from typing import Any

from tuneworthy.lifecycle.chain_reader import ChainReader

CREATE, REVOKE = "key.create", "key.revoke"


class NamedKeys(ChainReader):
    """Which keys the events read so far made and revoked; none is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, str] = {}
        self.revoked: set[str] = set()

    def _take(self, event: dict[str, Any]) -> None:
        action, id_, after = event["action"], event["object"]["id"], event["after"]
        if action == CREATE:
            self.made.setdefault(id_, after)
        elif action == REVOKE:
            self.revoked.add(id_)
