"""Joins a workspace to a gateway: snapshot, model servers, recorded traffic, rollouts."""

import logging
import threading
import time
from typing import Self

from tuneworthy.api.asker import asker
from tuneworthy.api.server import GatewayServer, check_address
from tuneworthy.api.state import Backend, GatewayRuntime, Permit, Snapshot
from tuneworthy.core.errors import IntegrityProblem, Problem, UsageProblem
from tuneworthy.core.nouns.project import Project
from tuneworthy.core.nouns.serving_state import ServingState
from tuneworthy.evaluate import form_check
from tuneworthy.methods.cron import newest_due
from tuneworthy.methods.here import is_loopback
from tuneworthy.serve import SegmentWriter
from tuneworthy.serve.allowance import Allowance
from tuneworthy.serve.key_ring import ring_of
from tuneworthy.workspace import Workspace

log = logging.getLogger("tuneworthy.gateway")

TRAFFIC = "traffic"
"""Folder of recorded interactions that the ledger has not read in yet."""

INGEST_SECONDS = 1.0

SIGN_SECONDS = 5.0
"""How often it is asked whether a checkpoint of the audit chain is due, or a notice waits."""

BEAT_SECONDS = 3600.0
"""How often it is asked whether the monitors' sign of life is due."""

RECHECK_SECONDS = 30.0
"""Approvals expire by the clock alone, so permits are computed anew at least so often."""


class Host:
    """A running gateway over one project, with its model servers and rollouts.

    Use it in a ``with`` block; ``url`` is the official client's ``base_url``.

    Args:
        workspace: The project.
        host: Address to listen on.
        port: Port, or 0 for any free one.
        threads: CPU threads for each model server.
        watch: Test for drift, as durable jobs: every full window of recorded requests, and
            whenever the project's schedule comes due. Raise duties that have come due, hourly.

    Raises:
        ServeProblem: The port is in use.
        UsageProblem: The address can be reached from outside, and no key was made yet.
        IntegrityProblem: A model's weights are not what was approved, or the keys of recorded
            traffic are not here.
    """

    def __init__(
        self,
        workspace: Workspace,
        host: str = "127.0.0.1",
        port: int = 0,
        threads: int | None = None,
        *,
        watch: bool = False,
    ) -> None:
        self._workspace = workspace
        self._watch = watch
        self._bind = (host, port)
        self.backends = workspace.backends(threads)
        self._stop = threading.Event()
        self._last: ServingState | None = None
        self._seen = 0
        self._checked = 0
        self._looked = 0.0
        self._beats_at = 0.0
        self._rounds = ""
        self._unfit: dict[str, str] = {}
        self._reloading = threading.Lock()

    def __enter__(self) -> Self:
        workspace = self._workspace
        check_address(*self._bind)
        self._refuse_open_door()
        workspace.open_route()
        folder = workspace.state_folder / TRAFFIC
        folder.mkdir(exist_ok=True)
        sealer = workspace.sealer()
        self.ingest()
        try:
            self._runtime = GatewayRuntime(
                self._snapshot(_undamaged(workspace.serving_state())),
                writer=SegmentWriter(folder),
                clock=workspace.clock,
                sealer=sealer,
                check=form_check(workspace.project.scoring),
                rated=workspace.project.rollout.outcome == "feedback",
                trace=workspace.trace_json,
                reload=self._reload,
                keys=lambda: ring_of(workspace.api_keys()),
                internal_hosts=workspace.project.internal_hosts,
                allowance=limits_of(workspace.project),
            )
            self._server = GatewayServer(self._runtime, *self._bind).__enter__()
        except BaseException:
            self.backends.close()
            raise
        self._watched = workspace.last_watch() or workspace.clock.now()
        self._jobs = workspace.job_engine(self._runtime.take_block)
        self._jobs.launch()
        self._thread = threading.Thread(target=self._work, name="gateway-work", daemon=True)
        self._thread.start()
        # A slow receiver must not keep traffic and rollouts waiting, so this is another thread. It
        # needs no queue: what waits stands in the ledger.
        self._sender = threading.Thread(target=self._send, name="gateway-send", daemon=True)
        self._sender.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        self._thread.join()
        self._sender.join()
        self._jobs.shutdown()
        self._server.__exit__(None, None, None)
        self.ingest()
        self.backends.close()

    def _refuse_open_door(self) -> None:
        """Raise UsageProblem where anybody on the network could ask without a key."""
        host = self._bind[0]
        if not is_loopback(host) and ring_of(self._workspace.api_keys()).open:
            raise UsageProblem(
                "gateway_open",
                f"The gateway would answer everybody who can reach {host}.",
                why="This project has made no API key yet; the first one shuts the door.",
                fix="tuneworthy keys create NAME --scope chat   (or leave --host out)",
            )

    @property
    def url(self) -> str:
        """The API's address."""
        return self._server.url

    def refresh(self) -> None:
        """Take up changes of routes and approvals now, rather than within half a second."""
        self._runtime.refresh()

    def ingest(self) -> int:
        """Move recorded interactions into the ledger; returns how many were new."""
        return self._workspace.take_in()

    def _work(self) -> None:
        while not self._stop.wait(INGEST_SECONDS):
            try:
                self.ingest()
                self._take_up_rollouts()
                self._revive_production()
                if self._watch:
                    self._say_alive()
                    self._check_drift()
                    self._keep_schedule()
                    self._keep_duties()
            except Problem as problem:
                log.warning("%s", problem)

    def _send(self) -> None:
        while not self._stop.wait(SIGN_SECONDS):
            try:
                self._workspace.keep_checkpoints()
                self._workspace.keep_notices(self._stop.is_set)
            except Problem as problem:
                log.warning("%s", problem)

    def _take_up_rollouts(self) -> None:
        for rollout in self._workspace.rollouts():
            fault = self._unfit.get(rollout.candidate)
            if fault and rollout.state in ("running", "held"):
                del self._unfit[rollout.candidate]
                self._workspace.end_rollout(rollout.id, f"Its model server did not start: {fault}")
        self._workspace.take_up_rollouts(self._jobs)

    def _say_alive(self) -> None:
        """Once an hour it is asked whether the monitors' sign of life is due."""
        if time.monotonic() >= self._beats_at:
            self._workspace.sign_of_life()
            self._beats_at = time.monotonic() + BEAT_SECONDS

    def _check_drift(self) -> None:
        """One job a window: a window that was checked before a restart is not checked again."""
        number = self._workspace.drift_windows()
        if number > self._checked:
            self._checked = number
            self._jobs.start("drift", {}, f"{self._workspace.project.id}-drift-{number}")

    def _keep_schedule(self) -> None:
        """One job a due time, whoever starts it; one makes up for all that a stop has missed."""
        schedule = self._workspace.project.monitor.schedule
        if not schedule:
            return
        due = newest_due(schedule, self._watched, self._workspace.clock.now())
        if due is not None:
            self._watched = due
            name = f"{self._workspace.project.id}-watch-{due:%Y-%m-%dT%H:%MZ}"
            self._jobs.start("watch", {}, name)

    def _keep_duties(self) -> None:
        """One job an hour, whoever starts it; the next one makes up for those that were missed."""
        name = f"{self._workspace.clock.now():%Y-%m-%dT%HZ}"
        if name != self._rounds:
            self._rounds = name
            self._jobs.start("duties", {}, f"{self._workspace.project.id}-duties-{name}")

    def _revive_production(self) -> None:
        """Start a dead production server again; a dead canary is left to the rollout's rules."""
        with self._reloading:
            state = self._last
            production = {route.production for route in state.routes} if state else set()
            if gone := production & self.backends.dead():
                for manifest in gone:
                    log.warning("the server of manifest %s died and is started again", manifest)
                    self.backends.forget(manifest)
                self._runtime.swap(self._snapshot(self._workspace.serving_state()))

    def _reload(self) -> None:
        """Swap in what to serve now, unless nothing has changed and no approval has run out.

        Several threads ask; under the lock no older state can replace a newer one.
        """
        with self._reloading:
            newest = self._workspace.changes_since(self._seen)
            due = time.monotonic() - self._looked > RECHECK_SECONDS
            if newest == self._seen and not due:
                return
            self._seen, self._looked = newest, time.monotonic()
            state = self._workspace.serving_state()
            if state != self._last:
                self._runtime.swap(self._snapshot(state))

    def _snapshot(self, state: ServingState) -> Snapshot:
        backends = {}
        production = {route.production for route in state.routes}
        for manifest in state.manifests:
            if not state.permits[manifest.id].ok:
                continue
            try:
                address = self.backends.known().get(manifest.id) or self.backends.address(manifest)
            except Problem as problem:
                if manifest.id in production:
                    raise
                # Production answers for a canary that does not come up; its rollout is ended.
                log.warning("the canary's server did not start: %s", problem)
                self._unfit[manifest.id] = str(problem)
                continue
            backends[manifest.id] = Backend(
                url=address.url,
                model=address.model,
                prepare=asker(state.prompts[manifest.id], self._workspace.project),
            )
        self.backends.keep_only({manifest.id for manifest in state.manifests})
        self._last = state
        return Snapshot(
            routes={route.id: route for route in state.routes},
            manifests={manifest.id: manifest for manifest in state.manifests},
            backends=backends,
            allowed={
                id_: Permit(ok=p.ok, gate=p.gate, message=p.message, fix=p.fix)
                for id_, p in state.permits.items()
            },
            generations=state.generations,
        )


def limits_of(project: Project) -> Allowance | None:
    """What counts each key's requests; None where the project names no limit."""
    settings = project.gateway
    limited = settings.requests_per_minute or settings.tokens_per_minute
    return Allowance(settings) if limited else None


def _undamaged(state: ServingState) -> ServingState:
    """The same. Raises IntegrityProblem when what is in production has other weights by now."""
    for route in state.routes:
        permit = state.permits.get(route.production)
        if permit is not None and permit.damaged:
            raise IntegrityProblem("weights_changed", permit.message, fix=permit.fix)
    return state
