"""What the audit chain says of objects: read to notice what was changed past this program."""

import json
from collections.abc import Collection, Iterator
from typing import NamedTuple

from tuneworthy.core.ports import Store


class Audited(NamedTuple):
    """The object of one audit event."""

    action: str
    id: str
    digest: str
    on_behalf_of: str = ""


def objects(store: Store, actions: Collection[str]) -> Iterator[Audited]:
    """The objects of the allowed events with one of these actions, oldest first."""
    for record in store.audit():
        try:
            event = json.loads(record.body)
            thing, action = event["object"], event["action"]
            if action in actions and event.get("decision") != "deny":
                behalf = str(event.get("on_behalf_of", ""))
                yield Audited(action, thing["id"], thing["digest"], behalf)
        except (ValueError, KeyError, TypeError):
            continue  # a damaged event is for `audit verify` to name
