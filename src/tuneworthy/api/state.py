"""What the gateway serves now: an immutable snapshot, swapped whole.

The gateway never opens the store. Its owner hands it a ``Snapshot`` and, if things may change
behind its back, a ``reload`` that is asked twice a second, so that a voided approval or a rollback
takes effect at once. A request uses the snapshot that stood when it came in, to its end.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from prometheus_client import CollectorRegistry

from tuneworthy.api.metrics import Meters
from tuneworthy.api.weight import Weight
from tuneworthy.core.errors import Problem
from tuneworthy.core.nouns.api_key import Scope
from tuneworthy.core.nouns.serving import Route, ServingManifest
from tuneworthy.core.ports import Clock
from tuneworthy.core.sealing_ports import Sealer
from tuneworthy.serve.allowance import Allowance
from tuneworthy.serve.blocks import Block, BlockCounter, Check, succeeded
from tuneworthy.serve.key_ring import KeyRing
from tuneworthy.serve.ratings import GOOD, Ratings, Unrated

log = logging.getLogger("tuneworthy.gateway")


class Trace(Protocol):
    """Walks from a response id to its origins; None when the id is unknown."""

    def __call__(self, response_id: str, *, proofs: bool = False) -> Mapping[str, Any] | None:
        """The walk as JSON, with proofs from the audit log if asked for."""
        ...


Prepare = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Log(Protocol):
    """Where interactions are recorded (a ``SegmentWriter``)."""

    @property
    def healthy(self) -> bool:
        """Whether the last write was taken."""
        ...

    def append(self, payload: bytes) -> None:
        """Keep one record before returning. Raises ServeProblem."""
        ...

    def close(self) -> None:
        """Write everything through and let go."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """An OpenAI-compatible server: ``url`` ends before ``/chat/completions``.

    ``prepare`` may rewrite a request's body into the form that the model was trained to be asked
    in; it must not change its argument. The interaction keeps what the client sent.
    """

    url: str
    model: str
    api_key: str = field(default="", repr=False)
    prepare: Prepare | None = None


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a manifest may be served; if not, which gate is shut and what to do."""

    ok: bool
    gate: str = ""
    message: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Routes and their generations by name; manifests, backends and permits by manifest id.

    A manifest without a permit is not served.
    """

    routes: Mapping[str, Route]
    manifests: Mapping[str, ServingManifest]
    backends: Mapping[str, Backend]
    allowed: Mapping[str, Permit]
    generations: Mapping[str, int] = field(default_factory=dict)

    def permit(self, manifest: str) -> Permit:
        """The permit of a manifest; no entry means no."""
        return self.allowed.get(manifest, _UNKNOWN)

    def servable(self, manifest: str) -> bool:
        """Whether the manifest is known, permitted and has a backend."""
        return manifest in self.manifests and manifest in self.backends and self.permit(manifest).ok


def _bearer(authorization: str) -> str:
    kind, _, token = authorization.partition(" ")
    return token if kind.lower() == "bearer" else ""


_UNKNOWN = Permit(
    False,
    message="No valid approvals are known for it.",
    fix="Run `tuneworthy status` to see which gate is shut.",
)

Reload = Callable[[], Snapshot | None]
"""Gives the snapshot that should stand now, or None when nothing changed."""


class GatewayRuntime:
    """Everything one gateway process shares between its requests.

    Args:
        snapshot: What to serve at first.
        writer: The log of interactions; the runtime closes it.
        sealer: Seals every row before the log sees it; without one they are logged as they are,
            which no served project does.
        clock: Stamps interactions.
        check: Says of an answer's text whether it counts as a success (for the rollout).
        rated: The first feedback on an answer says whether it was a success; ``check`` rests.
        trace: Walks from a response id to its origins.
        reload: Asked every ``reload_seconds`` from a thread; a fault leaves the snapshot as it is.
        keys: Gives the keys that stand now, asked as ``reload`` is but by a thread of its own, so
            that nothing slow delays a revocation; a fault leaves the keys as they are.
        max_body: Longest request body in bytes.
        max_in_flight: More chat requests at once are refused.
        max_held: Most bytes of request bodies at once, over all of them.
        upstream_seconds: Longest silence of a backend.
        internal_hosts: Hosts behind this machine that backends may be at.
        allowance: How much each key may ask within a minute; None: as much as it likes.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        writer: Log,
        clock: Clock,
        sealer: Sealer | None = None,
        check: Check | None = None,
        rated: bool = False,
        trace: Trace | None = None,
        reload: Reload | None = None,
        reload_seconds: float = 0.5,
        keys: Callable[[], KeyRing] = KeyRing,
        max_body: int = 2**20,
        max_in_flight: int = 1000,
        max_held: int = 256 * 2**20,
        upstream_seconds: float = 120.0,
        internal_hosts: Collection[str] = (),
        allowance: Allowance | None = None,
    ) -> None:
        self.allowance = allowance
        self.writer = writer
        self.sealer = sealer
        self.clock = clock
        self.check = check
        self.trace = trace
        self.max_body = max_body
        self.max_in_flight = max_in_flight
        self.upstream_seconds = upstream_seconds
        self.internal_hosts = internal_hosts
        self.registry = CollectorRegistry()
        self.meters = Meters(self.registry)
        self.in_flight = 0
        self.weight = Weight(max_held)
        self._keys = keys
        self._ring = keys()
        self._reload = reload
        self._reload_seconds = reload_seconds
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._counters: dict[str, BlockCounter] = {}
        self._ratings = Ratings() if rated else None
        self._snapshot = snapshot
        self.swap(snapshot)

    @property
    def snapshot(self) -> Snapshot:
        """What is served now."""
        return self._snapshot

    def swap(self, snapshot: Snapshot) -> None:
        """Serve another snapshot from the next request on."""
        for name in snapshot.routes:
            self._counters.setdefault(name, BlockCounter())
        self._snapshot = snapshot
        self.meters.show_shares(snapshot.routes.values())

    @property
    def open(self) -> bool:
        """Whether no key is needed, as the project has made none."""
        return self._ring.open

    def refusal(self, authorization: str, scope: Scope) -> str:
        """Why the ``Authorization`` header does not open this; empty when it does."""
        return self._ring.refusal(_bearer(authorization), scope, self.clock.now())

    def caller(self, authorization: str) -> str:
        """Whose key the ``Authorization`` header has, once it was found good; empty for nobody's.

        Nothing is looked up where nobody counts.
        """
        return self._ring.caller(_bearer(authorization)) if self.allowance else ""

    def count(
        self,
        route: Route,
        arm: Literal["production", "canary"],
        status: int,
        text: str,
        interaction: str = "",
    ) -> None:
        """Count an outcome for the rollout; nothing is counted while no canary stands.

        An answer whose success somebody is to say waits for that under its interaction's id.
        """
        if not route.canary:
            return
        counter = self._counters[route.id]
        if self._ratings is not None and status == 200:
            manifest = route.canary if arm == "canary" else route.production
            self._ratings.wait_for(interaction, Unrated(route.id, manifest))
            if arm == "canary":
                counter.add_unrated()
            return
        try:
            success = succeeded(status, text, self.check)
        except Exception:  # a faulty check must not break an answer
            log.warning("the check of answers failed", exc_info=True)
            success = False
        counter.add(arm, success=success, error=status >= 500)

    def rate(self, interaction: str, score: float) -> None:
        """Count the first word on an answer, if it came from an arm of the rollout under way."""
        answer = self._ratings.take(interaction) if self._ratings is not None else None
        route = self._snapshot.routes.get(answer.route) if answer else None
        if answer is None or route is None or not route.canary:
            return
        if answer.manifest == route.canary:
            self._counters[route.id].add_rating("canary", success=score >= GOOD)
        elif answer.manifest == route.production:
            self._counters[route.id].add_rating("production", success=score >= GOOD)

    def take_block(self, route: str) -> tuple[Block, ...]:
        """The blocks of outcomes that closed since the last call, oldest first."""
        counter = self._counters.get(route)
        return counter.take() if counter else ()

    def start(self) -> None:
        """Begin to ask ``reload`` and ``keys``."""
        if self._threads:
            return
        self._stop.clear()
        for name, work in (
            ("gateway-reload", self.refresh),
            ("gateway-keys", self.refresh_keys),
            ("gateway-seal", self.refresh_seal),
        ):
            thread = threading.Thread(target=self._poll, args=(work,), name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop asking and close the log."""
        self._stop.set()
        while self._threads:
            self._threads.pop().join()
        self.writer.close()

    def refresh_keys(self) -> None:
        """Ask ``keys`` once, now."""
        try:
            self._ring = self._keys()
        except Exception as fault:  # noqa: BLE001 - a dead thread would leave revoked keys alive
            self.meters.reload_failures.inc()
            log.warning("the keys could not be read again, the old ones stand: %s", fault)

    def refresh_seal(self) -> None:
        """Forget keys of recorded traffic that were destroyed elsewhere, now."""
        if self.sealer is None:
            return
        try:
            self.sealer.refresh()
        except (Problem, OSError) as fault:
            log.warning("the keys of recorded traffic cannot be asked for: %s", fault)

    def refresh(self) -> None:
        """Ask ``reload`` once, now."""
        if self._reload is None:
            return
        try:
            fresh = self._reload()
        except (Problem, OSError) as fault:
            self.meters.reload_failures.inc()
            log.warning("the routes could not be read again, the old ones stand: %s", fault)
            return
        if fresh is not None and fresh is not self._snapshot:
            self.swap(fresh)

    def _poll(self, work: Callable[[], None]) -> None:
        while not self._stop.wait(self._reload_seconds):
            work()
