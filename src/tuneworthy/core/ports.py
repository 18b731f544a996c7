"""What the stages need from outside, in our own words."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from tuneworthy.core.account_ports import AccountChange, AccountRows
from tuneworthy.core.ledger_ports import (
    AnswerRows,
    DatedTable,
    ErasedRows,
    KeptRow,
    KeptText,
    LabelChange,
    LabelRows,
)
from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.example import Example, Message
from tuneworthy.core.nouns.gate import AuditDraft, AuditRecord
from tuneworthy.core.nouns.run import Cost, Environment, TrainSettings, WeightsProof
from tuneworthy.core.nouns.sealing import SealedFeedback, SealedInteraction, SealState
from tuneworthy.core.nouns.serving import Feedback, Interaction, Stamp
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.core.sealing_ports import Sealer

N = TypeVar("N", bound=Noun)
A = TypeVar("A")
B = TypeVar("B")


class Clock(Protocol):
    """Tells the time."""

    accelerated: bool

    def now(self) -> datetime:
        """The present moment, timezone-aware UTC."""
        ...


class Progress(Protocol):
    """Hears how far long work is. ``total`` 0 means not known."""

    def __call__(self, step: str, done: int, total: int, note: str = "") -> None:
        """Report that ``done`` of ``total`` units of ``step`` are finished."""
        ...


class Engine(Protocol):
    """Applies a pure step to many items, on this machine or on many."""

    def map(self, step: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
        """The step's results, in the order of the items.

        Step, items and results are carried between processes, so they can be pickled. A step that
        fails ends the whole with its own error.
        """
        ...


class ChatRequest(Part):
    """One question to a model, ready to be rendered with its chat template."""

    messages: tuple[Message, ...]
    prefill: str = ""
    """Text the answer must start with; it is part of the reply's text."""
    max_new_tokens: int = 64
    ends: Literal["", "json"] = ""
    """``json``: the answer is over when its first JSON object is closed."""


class ChatReply(Part):
    """One answer with its token counts. ``finish_reason``: ``stop``, ``length`` or ``error``."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    seconds: float = 0.0
    """Wall seconds of this request by itself; 0 where requests were answered together."""
    error: str = ""
    """Why there is no answer, in a word or two; the text is empty then."""
    remembered: bool = False
    """Whether it was given before and only read back."""


class ModelClient(Protocol):
    """Answers chats, greedily. One object is one exact model."""

    name: str
    digest: str
    """Digest of the weights in use (base, or base + adapter)."""

    def chat(
        self, requests: Sequence[ChatRequest], progress: Progress | None = None
    ) -> list[ChatReply]:
        """Answer every request, in the order given. Raises ModelProblem."""
        ...

    def stream(self, request: ChatRequest) -> Iterator[str]:
        """Yield the answer's text in pieces as it is generated. Raises ModelProblem."""
        ...


class LocalModel(ModelClient, Protocol):
    """A model in this process, whose weights can be looked at."""

    base_digest: str
    tokenizer_digest: str
    template_digest: str
    computing_digest: str
    """Digest of what decides an answer beside weights, tokenizer and template."""

    def prove(self, adapter: Path | None, template: str) -> WeightsProof:
        """Check what is loaded: adapter digest, non-zero update, logits differ, template."""
        ...


class BaseIdentity(Part):
    """Digests of a base model's weights, tokenizer and chat template."""

    base: str
    tokenizer: str
    template: str


class Embedder(Protocol):
    """Turns texts into unit vectors, shape (n, d), float32."""

    name: str

    def embed(self, texts: Sequence[str]) -> Any:
        """A numpy array of shape (len(texts), d) with unit rows."""
        ...


class Tokenizer(Protocol):
    """Turns texts into token numbers, without the marks that a chat template adds."""

    name: str
    unknown: int | None
    """The number that stands for what it does not know; None when it knows every byte."""

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token numbers of each text, in order."""
        ...


class TrainRequest(Part):
    """All a trainer needs. ``workspace`` keeps checkpoints, so that a killed run goes on."""

    base: Path
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    arm: Arm
    settings: TrainSettings
    workspace: Path


class TrainResult(Part):
    """What a trainer made: ``adapter`` is a folder with safetensors and its configuration."""

    adapter: Path
    actual: Cost
    losses: tuple[float, ...]
    label_preview: str
    resumed: bool


class Trainer(Protocol):
    """Trains a LoRA adapter; estimates first."""

    def environment(self, settings: TrainSettings) -> Environment:
        """Versions and threads the run would use."""
        ...

    def estimate(self, request: TrainRequest, progress: Progress | None = None) -> Cost:
        """Run a few real steps, longest batch first, and extrapolate."""
        ...

    def train(self, request: TrainRequest, progress: Progress | None = None) -> TrainResult:
        """Train, or go on from the newest checkpoint in ``request.workspace``."""
        ...


class Change(Protocol):
    """The inside of one transaction; its audit event is written with it, or nothing is."""

    @property
    def labels(self) -> LabelChange:
        """The labelling queues, inside this transaction."""
        ...

    @property
    def accounts(self) -> AccountChange:
        """Who is signed in, inside this transaction."""
        ...

    @property
    def erase(self) -> ErasedRows:
        """What may be taken out, inside this transaction."""
        ...

    def put(self, noun: Noun, *, expect: int | None = None) -> int:
        """Insert or replace; ``expect`` is the generation that must stand now (0: must be new).

        Returns the new generation. Raises ConflictProblem.
        """
        ...

    def remember_step(self, key: str, output: str) -> None:
        """Record that the step with this input digest gave this output (JSON text)."""
        ...


class Store(Protocol):
    """The evidence ledger: nouns, steps, interactions, labels and the audit chain."""

    @property
    def labels(self) -> LabelRows:
        """The labelling queues."""
        ...

    def change(self, event: AuditDraft) -> AbstractContextManager[Change]:
        """Open a transaction that appends ``event`` to the audit chain when it commits."""
        ...

    def note(self, event: AuditDraft) -> None:
        """Append an event that changes nothing else (a denial, a look at something guarded)."""
        ...

    def get(self, kind: type[N], id: str) -> N | None:  # noqa: A002 - the field's own name
        """The noun, or None."""
        ...

    def generation(self, kind: type[Noun], id: str) -> int:  # noqa: A002
        """How often the noun was written; 0 when it is not there."""
        ...

    def list(self, kind: type[N]) -> list[N]:
        """All nouns of a kind, oldest first."""
        ...

    def step(self, key: str) -> str | None:
        """The remembered output of a step, or None."""
        ...

    def audit(self, since: int = 0) -> Iterator[AuditRecord]:
        """The chain, from sequence number ``since`` (exclusive) on."""
        ...

    def newest_write(self) -> int:
        """The largest number of an audit event that a kept noun was written under."""
        ...

    def last_event(self) -> int:
        """The number of the newest audit event; 0 when there is none."""
        ...

    def record(
        self,
        interactions: Sequence[Interaction | SealedInteraction],
        feedback: Sequence[Feedback | SealedFeedback] = (),
        *,
        was_plain: bool = False,
    ) -> int:
        """Keep gateway rows; rows already kept (same id) are skipped. Returns the rows added.

        Rows in the clear are sealed first; ``was_plain`` says that they were read from a disk.
        """
        ...

    def interactions(self, route: str | None = None, since: str = "") -> Iterator[Interaction]:
        """Recorded interactions, oldest first; those stamped ``since`` (ISO) or later."""
        ...

    def newest_interactions(self, route: str, count: int) -> Sequence[Interaction]:
        """The last ``count`` interactions of a route, oldest of them first."""
        ...

    def interaction_count(self, route: str) -> int:
        """How many interactions of a route are recorded."""
        ...

    def stamps(self, manifests: Sequence[str]) -> Iterator[Stamp]:
        """When each response of these manifests was given, oldest first; no content is read."""
        ...

    def interaction(self, id: str) -> Interaction | None:  # noqa: A002
        """One recorded interaction."""
        ...

    def feedback(self, interaction: str | None = None) -> Iterator[Feedback]:
        """Recorded feedback, oldest first; of one interaction if its id is given."""
        ...

    @property
    def answers(self) -> AnswerRows:
        """What models have answered before."""
        ...

    @property
    def accounts(self) -> AccountRows:
        """Who is signed in, and who failed to."""
        ...

    def bodies(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """Id and bytes of every noun of a kind as they stand; nothing is read out of them."""
        ...

    def rows(self) -> Iterator[KeptRow]:
        """Every noun as it stands, a page at a time; nothing is read out of them."""
        ...

    def texts(self) -> Iterator[KeptText]:
        """Every text that the ledger keeps, table by table; the audit chain is not among them."""
        ...

    def older(self, table: DatedTable, before: str, others: Sequence[str] = ()) -> Sequence[str]:
        """Keys of rows that were made before an ISO stamp, oldest first; all of them if empty.

        Of recorded traffic, without that of ``others``, which are routes. A word whose interaction
        is not here is of no route.
        """
        ...

    def oldest(self, table: DatedTable, others: Sequence[str] = ()) -> str:
        """The stamp of the oldest of such rows; empty when there is none."""
        ...

    @property
    def sealer(self) -> Sealer:
        """What seals recorded rows. Raises IntegrityProblem when the keys are not here."""
        ...

    def seal_state(self) -> SealState:
        """How recorded traffic is kept, and what cannot be read."""
        ...

    def seal_plain(self) -> int:
        """Seal every recorded row that was written in the clear; returns how many."""
        ...

    def renew_ring(self) -> int:
        """Take the keys that lie there, or a new ring; returns how many keys are given up."""
        ...

    def keys_in_use(self) -> frozenset[str]:
        """The keys that recorded rows are sealed under."""
        ...

    def unreadable(self, others: Sequence[str] = ()) -> tuple[Sequence[str], Sequence[str]]:
        """Ids of interactions and feedback whose keys were destroyed, without those of others."""
        ...

    def readable_copies(self, own: frozenset[str], ids: Sequence[str]) -> int:
        """How many of these rows stay readable in copies once the keys ``own`` are destroyed."""
        ...

    def compact(self) -> bool:
        """Write the database anew, so that nothing deleted is left in its files.

        Returns False when somebody else was using it; try again later.
        """
        ...

    def close(self) -> None:
        """Release connections."""
        ...
