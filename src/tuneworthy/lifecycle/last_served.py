"""When each model version could last answer, by what the audit chain says of the route."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tuneworthy.core.nouns.serving import Rollout, ServingManifest
from tuneworthy.lifecycle.wiring import Runtime

_VERSION = ("version.move", "version.quarantine", "version.readmit", "version.retire")


def left_service(runtime: Runtime) -> dict[str, str]:
    """The moment (ISO stamp) from which each version had no part in serving, by its id.

    A version has a part in it while it is in production, a canary, or what a rollback would put
    back. Each of its own moves counts too: whoever readmits it begins anew.
    """
    versions = {one.id: one.version for one in runtime.store.list(ServingManifest)}
    seats, last = _Seats(runtime), {}
    for event in _events(runtime):
        moment = str(event["ts"])
        if event["action"] in _VERSION:
            last[str(event["object"]["id"])] = moment
        seated = seats.taken()
        if seats.move(event):
            last |= {versions[one]: moment for one in seated if one in versions}
    return last


def _events(runtime: Runtime) -> Iterator[Mapping[str, Any]]:
    for record in runtime.store.audit():
        try:
            event = json.loads(record.body)
            if event.get("decision") != "deny" and event["action"] and event["object"]["id"]:
                yield event
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a damaged event is for `audit verify` to name


@dataclass
class _Seats:
    """The manifests that the project's route points to, followed event by event."""

    runtime: Runtime
    production: str = ""
    canary: str = ""
    previous: str = ""
    candidates: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.route = self.runtime.project.id
        self.candidates = {
            one.id: one.candidate
            for one in self.runtime.store.list(Rollout)
            if one.route == self.route
        }

    def taken(self) -> set[str]:
        return {self.production, self.canary, self.previous}

    def move(self, event: Mapping[str, Any]) -> bool:
        """Take the event into account; whether it moved the route."""
        what, rollout = event["object"], str(event["object"]["id"])
        candidate = self.candidates.get(rollout, "")
        match event["action"]:
            case "route.open" | "route.roll_back" if rollout == self.route:
                self.production, self.previous = str(what.get("digest", "")), ""
            case "rollout.begin" if candidate:
                self.canary = candidate
            case "rollout.roll_back" if candidate:
                self.canary = ""
            case "rollout.promote" if candidate:
                self.previous, self.production, self.canary = self.production, candidate, ""
            case _:
                return False
        return True
