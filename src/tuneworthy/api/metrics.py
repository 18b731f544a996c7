"""The gateway's Prometheus metrics; label values are routes, arms and statuses, so they are few."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from tuneworthy.core.nouns.serving import Route

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures of one finished chat request."""

    route: str
    arm: str
    status: int
    seconds: float
    first_token_seconds: float | None
    prompt_tokens: int
    completion_tokens: int


class Meters:
    """All metrics of one gateway; children are looked up once per label set."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self.requests = Counter(
            "tuneworthy_requests", "Chat requests.", ("route", "arm", "status"), registry=registry
        )
        self.seconds = Histogram(
            "tuneworthy_request_seconds",
            "Time to the end of the answer.",
            ("route", "arm"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.first_token = Histogram(
            "tuneworthy_first_token_seconds",
            "Time to the first piece of a streamed answer.",
            ("route", "arm"),
            buckets=_SECONDS,
            registry=registry,
        )
        self.tokens = Counter(
            "tuneworthy_tokens",
            "Tokens as the backend counted them.",
            ("route", "arm", "kind"),
            registry=registry,
        )
        self.share = Gauge(
            "tuneworthy_canary_percent",
            "Share of traffic meant for the canary.",
            ("route",),
            registry=registry,
        )
        self.failovers = Counter(
            "tuneworthy_failovers",
            "Canary requests answered by production.",
            ("route",),
            registry=registry,
        )
        self.refused = Counter(
            "tuneworthy_refused", "Requests refused, by code.", ("code",), registry=registry
        )
        self.feedback = Counter("tuneworthy_feedback", "Feedback taken.", registry=registry)
        self.reload_failures = Counter(
            "tuneworthy_reload_failures", "Times the routes could not be read.", registry=registry
        )
        self._arms: dict[tuple[str, str], tuple[Histogram, Histogram, Counter, Counter]] = {}
        self._statuses: dict[tuple[str, str, int], Counter] = {}

    def show(self, seen: Seen) -> None:
        """Add one finished request."""
        key = (seen.route, seen.arm)
        arm = self._arms.get(key)
        if arm is None:
            arm = self._arms[key] = (
                self.seconds.labels(*key),
                self.first_token.labels(*key),
                self.tokens.labels(*key, "prompt"),
                self.tokens.labels(*key, "completion"),
            )
        counter = self._statuses.get((*key, seen.status))
        if counter is None:
            counter = self.requests.labels(*key, str(seen.status))
            self._statuses[(*key, seen.status)] = counter
        counter.inc()
        arm[0].observe(seen.seconds)
        if seen.first_token_seconds is not None:
            arm[1].observe(seen.first_token_seconds)
        arm[2].inc(seen.prompt_tokens)
        arm[3].inc(seen.completion_tokens)

    def show_shares(self, routes: Iterable[Route]) -> None:
        """Show each route's canary share."""
        for route in routes:
            self.share.labels(route.id).set(route.canary_percent if route.canary else 0.0)

    def text(self) -> bytes:
        """The page for ``GET /metrics``."""
        return generate_latest(self._registry)
