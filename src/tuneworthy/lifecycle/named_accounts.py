"""Which passwords, linked accounts and sessions the audit chain names."""

from typing import Any

from tuneworthy.lifecycle.chain_reader import ChainReader

SET, LINK, UNLINK = "password.set", "account.link", "account.unlink"
BEGIN, END = "session.begin", "session.end"
OFFER, TAKE = "session.offer", "session.take"


class NamedAccounts(ChainReader):
    """What the events read so far made of people's ways in; none is read twice."""

    def __init__(self) -> None:
        super().__init__()
        self.credentials: dict[tuple[str, str], str] = {}
        """(kind, id) of a password or link to the digest of how it was written last."""
        self.sessions: dict[str, tuple[str, str, str]] = {}
        """Id of a session that is not over to its digest, its person, and the passkey of it."""
        self.links: dict[str, str] = {}
        """Digest of the secret of a link that nobody took to the digest of its row."""

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
