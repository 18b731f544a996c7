"""What went wrong in service, by the audit chain: quarantines and rollbacks."""

import json
from collections.abc import Iterator
from typing import Any

from tuneworthy.core.nouns.model import ModelVersion
from tuneworthy.core.nouns.serving import Rollout
from tuneworthy.lifecycle.wiring import Runtime

_ACTIONS = ("version.quarantine", "route.roll_back", "rollout.roll_back")


def all_of(runtime: Runtime) -> Iterator[dict[str, Any]]:
    """Every quarantine and rollback of the project, oldest first, with who, when and why.

    ``id`` is the number of its audit event. A rollback that ended a drill says so.
    """
    mine = runtime.project.id
    drills = {r.id: r.drill for r in runtime.store.list(Rollout) if r.route == mine}
    own = {v.id for v in runtime.store.list(ModelVersion) if v.project == mine}
    for record in runtime.store.audit():
        try:
            event = json.loads(record.body)
            action, what = event["action"], event["object"]["id"]
            if (
                action in _ACTIONS
                and event["decision"] == "allow"
                and what in {mine, *drills, *own}
            ):
                yield {
                    "id": str(record.seq),
                    "action": action,
                    "about": what,
                    "before": event["before"],
                    "after": event["after"],
                    "reason": event["reason"],
                    "by": event["actor_id"],
                    "created_at": event["ts"],
                    "drill": drills.get(what, False),
                }
        except (ValueError, KeyError, TypeError):
            continue  # a damaged event is for `audit verify` to name
