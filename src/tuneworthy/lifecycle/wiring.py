"""The one place that joins ports to adapters."""

import copy
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tuneworthy import adapters
from tuneworthy.assess import QUESTION_IDS, is_ahead
from tuneworthy.config.project_file import load_answers, load_arms, load_project
from tuneworthy.core.clock import SystemClock
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.account import Session
from tuneworthy.core.nouns.evidence import Evidence, Grade
from tuneworthy.core.nouns.gate import AuditDraft
from tuneworthy.core.nouns.head import Head
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.ports import (
    BaseIdentity,
    Change,
    Clock,
    Embedder,
    ModelClient,
    Progress,
    Store,
    Trainer,
)
from tuneworthy.core.version import VERSION
from tuneworthy.evaluate import Metric, metric_of, options_of
from tuneworthy.lifecycle import models
from tuneworthy.lifecycle.erased_blobs import ErasedBlobs
from tuneworthy.lifecycle.in_request import request_of
from tuneworthy.lifecycle.judge_models import JudgeModels
from tuneworthy.lifecycle.late_model import LateLocalModel, LateModel
from tuneworthy.lifecycle.named_accounts import NamedAccounts
from tuneworthy.lifecycle.named_evidence import NamedEvidence
from tuneworthy.lifecycle.named_keys import NamedKeys
from tuneworthy.lifecycle.named_states import NamedStates
from tuneworthy.lifecycle.named_steps import FINISH, NamedSteps, step_key
from tuneworthy.lifecycle.named_words import NamedWords
from tuneworthy.lifecycle.ring import open_ring, subject_key
from tuneworthy.lifecycle.scorers import Scorers
from tuneworthy.lifecycle.state_folder import state_folder
from tuneworthy.methods.canonical import digest, digest_bytes
from tuneworthy.store import open_blobs, open_store

if TYPE_CHECKING:
    from tuneworthy.store.subject_keys import SqlSubjectKeys

T = TypeVar("T")

POLICY = "gates.toml"
"""A project's own policy of gates, beside the project file; without it the product's counts."""

UNNAMED = "local"
"""The actor where nobody is named: whoever sits at the console, or a program of the project."""


def silent(step: str, done: int, total: int, note: str = "") -> None:
    """A Progress that says nothing."""


KEPT_SECONDS = 5.0
"""How long evidence that was read once may be used again."""


@dataclass
class Runtime:
    """A project with everything it needs from outside, each opened when first asked for.

    Args:
        folder: Where tuneworthy.yaml stands.
        project: Its checked content.
        actor: The person id that acts, for the audit log.
        clock: Tells the time.
        progress: Hears how far long work is.
    """

    folder: Path
    project: Project
    actor: str = UNNAMED
    clock: Clock = field(default_factory=SystemClock)
    progress: Progress = silent
    _read: tuple[int, float, tuple[Evidence, ...]] = field(
        default=(-1, 0.0, ()), init=False, repr=False
    )
    """The newest audit event and the moment at which the evidence was read, and the evidence."""
    _kept: dict[str, tuple[tuple[int, tuple[int, int]], float, datetime, Any]] = field(
        default_factory=dict, init=False, repr=False
    )
    _unnamed: tuple[Evidence, ...] = field(default=(), init=False, repr=False)
    altered: tuple[Evidence, ...] = field(default=(), init=False, repr=False)
    """Claims whose rows were changed past this program; read with the evidence."""
    _named: NamedEvidence = field(default_factory=NamedEvidence, init=False, repr=False)
    words: NamedWords = field(default_factory=NamedWords, init=False, repr=False)
    """Signed words and registrations that the audit chain names."""
    states: NamedStates = field(default_factory=NamedStates, init=False, repr=False)
    _steps: NamedSteps = field(default_factory=NamedSteps, init=False, repr=False)
    api_keys: NamedKeys = field(default_factory=NamedKeys, init=False, repr=False)
    accounts: NamedAccounts = field(default_factory=NamedAccounts, init=False, repr=False)
    session: tuple[str, str] = field(default=("", ""), init=False, repr=False)
    """How the actor signed in and the session's id; empty at the console."""

    @property
    def state(self) -> Path:
        """The state folder, made when first asked for."""
        return state_folder(self.folder)

    @cached_property
    def store(self) -> Store:
        """The evidence ledger."""
        url = self.project.store or f"sqlite:///{self.state / 'tuneworthy.db'}"
        secret = partial(subject_key, self.folder, self.project, self.subject_keys)
        return open_store(url, self.clock, keys=self.subject_keys, secret=secret)

    @cached_property
    def subject_keys(self) -> "SqlSubjectKeys":
        """The keys that recorded traffic is sealed under."""
        return open_ring(self.folder, self.project)

    @cached_property
    def blobs(self) -> ErasedBlobs:
        """The content-addressed files."""
        kept = open_blobs(self.project.blobs or (self.state / "blobs").absolute().as_uri())
        return ErasedBlobs(kept, lambda: self.store)

    @cached_property
    def answers(self) -> Answers:
        """What people typed in."""
        return load_answers(self.folder, self.project, QUESTION_IDS)

    @cached_property
    def arms(self) -> list[Arm]:
        """The alternatives of the project, and how the tuned model is asked."""
        return load_arms(self.folder, self.project)

    @property
    def tuned_arm(self) -> Arm:
        """The one arm of kind ``tuned``. Raises ConfigProblem."""
        found = [arm for arm in self.arms if arm.arm == "tuned"]
        if len(found) != 1:
            raise ConfigProblem(
                "no_tuned_prompt",
                f"{self.folder / self.project.prompts} has {len(found)} prompts of kind 'tuned'.",
                why="The tuned model is trained, judged and served with exactly one prompt.",
                fix="Give one of them 'arm: tuned'.",
            )
        return found[0]

    @cached_property
    def embedder(self) -> Embedder:
        """Sentence embeddings."""
        return adapters.load_embedder()

    @cached_property
    def metric(self) -> Metric:
        """What scores answers. The embedder is loaded when the metric first asks for it.

        Raises ValueError for options that loading the project would have refused.
        """
        return self.metric_by(self.project.scoring)

    def metric_by(self, settings: MetricSettings) -> Metric:
        """Any metric with the tools of this project. Raises ValueError for wrong options."""
        tools = self.scorers.tools(lambda texts: self.embedder.embed(texts))
        return metric_of(settings, tools)

    @cached_property
    def scorers(self) -> Scorers:
        """The models that metrics may ask: judges and recognisers."""
        return Scorers(self.folder, self.project, self._late, lambda: self.store.answers)

    @property
    def judge_models(self) -> JudgeModels:
        """The models that may judge answers."""
        return self.scorers.judges

    def _late(self, model: ModelSettings) -> LateModel:
        if model.is_endpoint:
            return LateModel(model.title, self.digest_of(model), lambda: self.open_model(model))
        path = models.model_path(self.folder, model)
        return LateLocalModel(
            model.title,
            adapters.base_identity(path),
            adapters.computing_digest(path),
            lambda: self.open_model(model),
        )

    @cached_property
    def trainer(self) -> Trainer:
        """LoRA training on this machine."""
        return adapters.load_trainer()

    @property
    def base_path(self) -> Path:
        """The base model's folder. Raises ModelProblem or ConfigProblem."""
        return models.model_path(self.folder, self.project.base)

    @cached_property
    def base_identity(self) -> BaseIdentity:
        """Digests of the base model. Raises ConfigProblem when its weights are not here."""
        if self.project.base.is_endpoint:
            raise ConfigProblem(
                "no_local_weights",
                f"base_model '{self.project.base_model}' is a URL; its weights are needed here.",
                fix="base_model: embedded, or the path of a folder of safetensors",
            )
        return adapters.base_identity(self.base_path)

    def client(self, adapter: Path | None = None) -> ModelClient:
        """The base model (or base + adapter), here or behind a URL."""
        return self.open_model(self.project.base, adapter)

    def open_model(self, model: ModelSettings, adapter: Path | None = None) -> ModelClient:
        """Any model that the project names."""
        threads = self.project.training.threads
        internal = self.project.internal_hosts
        return models.open_model(
            self.folder, model, adapter=adapter, threads=threads, internal=internal
        )

    def digest_of(self, model: ModelSettings) -> str:
        """The digest that answers of a model are recorded under; its weights are not loaded."""
        if model.is_local and model.same == self.project.base.same:
            return self.base_identity.base
        return models.model_digest(self.folder, model)

    # -- the ledger -------------------------------------------------------------------------

    def now(self) -> str:
        """The present moment as an ISO stamp."""
        return self.clock.now().isoformat(timespec="milliseconds")

    def change(
        self, action: str, what: tuple[str, str, str], **more: Any
    ) -> AbstractContextManager[Change]:
        """A transaction with its audit event; ``what`` is object type, id and digest."""
        return self.store.change(self.event(action, what, **more))

    def event(self, action: str, what: tuple[str, str, str], **more: Any) -> AuditDraft:
        """An audit event by this runtime's actor (or ``actor=`` another)."""
        more.setdefault("actor", self.actor)
        if self.session[1]:
            more.setdefault("auth_method", self.session[0])
            more.setdefault("session_id", self.session[1])
        more.setdefault("request_id", request_of())
        return AuditDraft(
            action=action, object_type=what[0], object_id=what[1], object_digest=what[2], **more
        )

    def acting_as(self, session: Session) -> "Runtime":
        """The same project and store, in which the session's person acts."""
        _ = self.store  # opened once, for both
        other = copy.copy(self)
        other.actor = session.person
        other.session = (session.method, session.id)
        return other

    @property
    def head(self) -> Head:
        """The project's current digests."""
        return self.store.get(Head, self.project.id) or Head(id=self.project.id)

    def evidence(self) -> list[Evidence]:
        """Every claim about this project that the audit chain names, oldest first.

        Read anew when anything has changed. What somebody changes behind the chain's back has no
        event, so no reading is kept for long.

        Raises IntegrityProblem when a claim that the chain names is not in the ledger.
        """
        newest, now = self.store.last_event(), time.monotonic()
        event, moment, found = self._read
        if event != newest or now - moment > KEPT_SECONDS:
            self._named.read_on(self.store)
            held = self.store.list(Evidence)
            self._named.require(held)
            named, here = self._named, self.project.id
            altered = {i.id: named.as_named(i, here) for i in held if named.altered(i)}
            self.altered = tuple(altered.values())
            own = [i for i in (altered.get(i.id, i) for i in held) if i.project == here]
            found = tuple(item for item in own if item.id in named.ids)
            self._unnamed = tuple(item for item in own if item.id not in named.ids)
            self._read = (newest, now, found)
        return list(found)

    def kept(self, name: str, read: Callable[["Runtime"], T]) -> T:
        """What ``read`` makes of ledger, clock and files, for as long as evidence is kept too.

        Read anew when an event was added, a file beside the project file was written or the clock
        was moved; a clock that only goes on moves nothing within that time.
        """
        newest, now = self.store.last_event(), time.monotonic()
        written = (_written(self.folder / self.project.people), _written(self.folder / POLICY))
        at = self.clock.now()
        key, moment, clock, found = self._kept.get(name, ((-1, (0, 0)), 0.0, at, None))
        moved = abs(at - clock) > timedelta(seconds=KEPT_SECONDS)
        if key != (newest, written) or now - moment > KEPT_SECONDS or moved:
            found = read(self)
            self._kept[name] = ((newest, written), now, at, found)
        return cast("T", found)

    def unnamed_evidence(self) -> list[Evidence]:
        """Claims that were put into the database without an event; they count for nothing."""
        self.evidence()
        return list(self._unnamed)

    def claim(
        self,
        about: str,
        subjects: Sequence[str],
        result: Mapping[str, Any],
        *,
        grade: Grade = Grade.MEASURED,
        stale_after_days: int | None = None,
        signer: str = "",
    ) -> Evidence:
        """An Evidence object, not kept yet; its id is the digest of all it says."""
        producer = {"measured": "job", "attested": "upload", "declared": "form"}[grade.value]
        facts = {
            "about": about,
            "project": self.project.id,
            "grade": grade.value,
            "subjects": tuple(subjects),
            "producer": producer,
            "producer_version": VERSION,
            "result": dict(result),
            "created_at": self.now(),
            "stale_after_days": stale_after_days,
            "signer": signer,
        }
        return Evidence.model_validate({"id": digest(facts), **facts})

    def record(self, *claims: Evidence) -> None:
        """Keep claims, each with its audit event; a claim that says nothing new is skipped.

        One that is dated after now proves nothing, so the same finding of today is kept beside it.
        """
        now = self.clock.now()
        newest = {(e.about, e.subjects): e for e in self.evidence()}
        for item in claims:
            old = newest.get((item.about, item.subjects))
            same = old is not None and old.result == item.result and not is_ahead(old, now)
            if same and item.stale_after_days is None:
                continue
            with self.change("evidence.record", ("evidence", item.about, item.id)) as change:
                change.put(item)

    def once(self, step: str, inputs: Mapping[str, Any], work: Callable[[], str]) -> str:
        """The output of a step; not run again while its input digests are unchanged."""
        if (known := self.known(step, inputs)) is not None:
            return known
        output = work()
        self.remember(step, inputs, output)
        return output

    def remember(self, step: str, inputs: Mapping[str, Any], output: str) -> None:
        """Record a step's output, so that it is not run again over these inputs."""
        key, gave = step_key(step, inputs), digest_bytes(output.encode())
        with self.change(FINISH, ("step", step, key), after=gave) as change:
            change.remember_step(key, output)

    def known(self, step: str, inputs: Mapping[str, Any]) -> str | None:
        """The remembered output of a step over these inputs, or None.

        One that is not what the audit chain says it gave is none, so the step is run anew.
        """
        key = step_key(step, inputs)
        output = self.store.step(key)
        kept = output is not None and self._steps.gave(self.store, key, output)
        return output if kept else None

    def close(self) -> None:
        """Release the store, if it was opened."""
        if "scorers" in self.__dict__:
            self.scorers.close()
        if "store" in self.__dict__:
            self.store.close()


def _written(path: Path) -> int:
    """When a file was written last, in nanoseconds; 0 where it cannot be said."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def open_runtime(folder: Path, **more: Any) -> Runtime:
    """The runtime of the project in ``folder``. Raises ConfigProblem."""
    return Runtime(folder=folder, project=load_project(folder, options_of), **more)
