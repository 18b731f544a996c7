"""The checked content of tuneworthy.yaml."""

import re
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.checkpoint import AuditSettings
from tuneworthy.core.nouns.collecting import CollectSettings
from tuneworthy.core.nouns.guards import GuardLimits
from tuneworthy.core.nouns.judge_settings import JudgeSettings
from tuneworthy.core.nouns.metric import MetricName, MetricSettings
from tuneworthy.core.nouns.model_settings import ModelSettings, with_base
from tuneworthy.core.nouns.notice import NotifySettings
from tuneworthy.core.nouns.recognising import RecogniserSettings
from tuneworthy.core.nouns.requirements import Limits, Prices, Style, Term
from tuneworthy.core.nouns.retention import RetentionSettings
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.nouns.sign_in_settings import SignInSettings

M = TypeVar("M", bound=ModelSettings)

Goal = Literal["knowledge", "persona", "format", "tool_calling", "safety", "expertise"]


class Source(Part):
    """One data file, or the files of a folder, and the ground on which they may be used."""

    path: str
    """A file; a folder of files; or a pattern with ``*``, ``?`` or ``**``, as ``data/*.jsonl``."""
    licence: str = ""
    legal_basis: str = ""
    columns: dict[str, str] = Field(default_factory=dict)
    """Our field name (``request``, ``target``, ``segment``, ...) to the file's column."""
    on_bad_file: Literal["stop", "skip"] = "stop"
    """Whether a file that cannot be used stops the build, or is left out and named."""

    @property
    def is_pattern(self) -> bool:
        """Whether the path has characters that stand for others."""
        return any(one in self.path for one in "*?[")

    def covers(self, name: str) -> bool:
        """Whether a file of this name is one of the source's, going by names alone."""
        if self.path == name:
            return True
        if not self.is_pattern:
            return name.rpartition("/")[0] == self.path.rstrip("/")
        patterns = (self.path, self.path.replace("**/", ""))
        return any(fnmatchcase(name, pattern) for pattern in patterns)

    def files_among(self, digests: Mapping[str, str]) -> list[tuple[str, str]]:
        """The files of the source among those of a version, each with its digest, by name.

        The source itself, without a digest, where the version has none of its files.
        """
        found = sorted((name, sha256) for name, sha256 in digests.items() if self.covers(name))
        return found or [(self.path, "")]


class SplitSettings(Part):
    """How rows are divided; ``by`` names the provenance field that must not cross the split.

    ``time`` trains on the oldest rows and tests on the newest; twins stay together.
    ``declared`` keeps the split that each row names (``train``, ``validation``, ``test``).
    """

    STABLE: ClassVar[frozenset[str]] = frozenset({"duplicates", "group", "subject", "segment"})
    """Ways of dividing under which a row may keep the split that it had."""

    by: Literal["duplicates", "group", "subject", "segment", "time", "declared"] = "duplicates"
    validation: float = Field(default=0.1, ge=0, lt=1)
    test: float = Field(default=0.2, gt=0, lt=1)
    seed: int = 7
    keep: bool = False
    """Whether requests of the current version keep their split, so that only new ones are divided:
    what a model learned from is no test case of the next one."""

    @field_validator("keep")
    @classmethod
    def _keepable(cls, keep: bool, info: ValidationInfo) -> bool:
        by = info.data.get("by", "duplicates")
        if keep and by not in cls.STABLE:
            raise ValueError(f"'by: {by}' divides every row anew; leave 'keep' out")
        return keep


Share = Annotated[float, Field(gt=0, le=1)]


class CapSettings(Part):
    """The most, 0..1, that one origin may hold of a version or of a target; none by default."""

    source: Share | None = None
    annotators: Share | None = None
    subject: Share | None = None
    month: Share | None = None

    @property
    def declared(self) -> dict[str, float]:
        """Those that were set."""
        return {name: float(value) for name, value in self if value is not None}


class RolloutSettings(Part):
    """Canary stages in percent, requests needed per stage, and the guard's error rate."""

    stages: tuple[Annotated[float, Field(gt=0, le=100)], ...] = Field((5, 25, 50), min_length=1)
    requests_per_stage: int = Field(default=60, ge=1)
    alpha: float = Field(default=0.05, gt=0, lt=1)
    margin: float = Field(default=0.05, ge=0, lt=1)
    """Loss of success rate, 0..1, that is still called no worse."""
    outcome: Literal["form", "feedback"] = "form"
    """What a success is: an answer in the metric's form, or one that was rated 0.5 or better."""


class MonitorSettings(Part):
    """When the gateway tests requests and reviews answers, besides after every full window."""

    schedule: str = "0 6 * * 1"
    """A cron expression of five fields, UTC: Mondays at six. Empty: no clock."""


class GatewaySettings(Part):
    """How much each API key may ask of the gateway; what is left out has no limit.

    Where no key was made yet, everybody on the machine is one caller.
    """

    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """In any sixty seconds, on all paths that need a key."""
    tokens_per_minute: Annotated[int, Field(ge=1)] | None = None
    """Of prompts and answers together; counted when an answer is complete."""
    processes: int = Field(default=1, ge=1)
    """Gateways that share the traffic. Each lets its part through; so all together keep it."""


class Supplier(Part):
    """Whose the base model is, under which licence, and where it comes from; for the record."""

    name: str = ""
    licence: str = ""
    url: str = ""


class Project(Noun):
    """One use case from question to running model."""

    kind: ClassVar[str] = "project"
    id: str = Field(min_length=1)
    use_case: str
    goal: Goal
    base_model: str = "embedded"
    """``embedded``, a local folder of safetensors, or an OpenAI-compatible URL."""
    supplier: Supplier = Supplier()
    """Of the base model, as the audit pack and the bill of materials name it."""
    models: tuple[ModelSettings, ...] = ()
    """Further models that every prompt is tried on; only the base model is ever tuned."""
    challenger: ModelSettings | None = None
    """The model that ``assess --challenge`` asks to argue against the answers; none by default."""
    judges: tuple[JudgeSettings, ...] = ()
    """Models that may judge answers: ``eval judge``, and suites whose metric is ``judge``."""
    recognisers: tuple[RecogniserSettings, ...] = ()
    """Models that recognise toxic text, for suites whose metric is ``toxicity``."""
    judge_bar: float = Field(default=0.6, gt=0, lt=1)
    """The least kappa with people, on 100 items or more, with which a judge may open a gate."""
    names_model: str = ""
    """A spaCy model with which Presidio looks for names and places in the rows; ours when empty."""
    strict_labels: bool = False
    """Doubt a row's label only where both models do: fewer rows, and fewer good ones."""
    derive_prompts: bool = False
    """Also try prompts made from ``use_case`` and the training rows, beside the declared ones."""
    metric: MetricName
    metric_options: dict[str, Any] = Field(default_factory=dict)
    """What the metric needs to know, such as a pattern; see its page."""
    target: float = Field(gt=0, le=1)
    declared_gain: float = Field(default=0.05, ge=0, lt=1)
    guards: GuardLimits = GuardLimits()
    """How much slower, longer or dearer than the base the tuned model may be; none by default."""
    sources: tuple[Source, ...] = Field(min_length=1)
    split: SplitSettings = SplitSettings()
    caps: CapSettings = CapSettings()
    """How much of the rows one source, annotator, person or month may bring; more blocks."""
    prompts: str = "prompts.yaml"
    answers: str = "answers.yaml"
    people: str = "people.yaml"
    training: TrainSettings = TrainSettings()
    max_new_tokens: int = Field(default=64, ge=1, le=4096)
    rollout: RolloutSettings = RolloutSettings()
    monitor: MonitorSettings = MonitorSettings()
    gateway: GatewaySettings = GatewaySettings()
    collect: CollectSettings = CollectSettings()
    audit: AuditSettings = AuditSettings()
    notify: NotifySettings = NotifySettings()
    retention: RetentionSettings = RetentionSettings()
    sign_in: SignInSettings = SignInSettings()
    internal_hosts: tuple[str, ...] = ()
    """Hosts behind this machine that models, judges, webhooks and sign-in may be at."""
    limits: Limits = Limits()
    prices: Prices | None = None
    low_volume: int = Field(default=1_000, ge=1)
    """Fewer requests than this in 30 days are a low volume."""
    terms: tuple[Term, ...] = ()
    style: Style = Style()
    canaries: int = Field(default=0, ge=0, le=1_000)
    """Made-up rows that a build plants into the training part, to be asked for after tuning."""
    rubric: str = ""
    """A TOML file that says which evidence each level needs; empty for the product's own."""
    engine: str = Field(default="local", pattern=r"^(?:local|ray(://\S+)?)$")
    """Where rows are examined: ``local``, ``ray``, or the address of a cluster, ``ray://...``."""
    store: str = ""
    """Database URL; empty for SQLite in ``.tuneworthy/``."""
    blobs: str = ""
    """fsspec URL; empty for files in ``.tuneworthy/``."""
    subject_keys: Annotated[str, Field(pattern=r"^$|^(env:|file:|postgresql|sqlite)")] = ""
    """Where the keys of recorded traffic lie, apart from ``store``: a database URL, or ``env:NAME``
    or ``file:PATH`` that holds one; empty for a SQLite file in ``.tuneworthy/``."""

    @field_validator("judges", "recognisers")
    @classmethod
    def _named_once(cls, models: tuple[M, ...], info: ValidationInfo) -> tuple[M, ...]:
        names = [model.title for model in models]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            what = info.field_name
            raise ValueError(f"two {what} are called '{twice}'; give each a 'name' of its own")
        return models

    def open_hosts(self, own: Sequence[str] = ()) -> tuple[str, ...]:
        """The hosts behind this machine that may be reached; ``own`` are a section's besides."""
        return (*self.internal_hosts, *own)

    @property
    def all_models(self) -> tuple[ModelSettings, ...]:
        """Every model to ask, the base model first."""
        return with_base(self.base_model, self.prices, self.models)

    @property
    def scoring(self) -> MetricSettings:
        """The metric that decides, with its options."""
        return MetricSettings(name=self.metric, options=self.metric_options)

    @property
    def base(self) -> ModelSettings:
        """The model that would be tuned."""
        return self.all_models[0]


_FACTOR = "^(C[1-5]|I[1-6]|A[1-5])$"


class Answers(Part):
    """What people typed in; each lifts a level to 2 at most."""

    factors: dict[Annotated[str, Field(pattern=_FACTOR)], bool] = Field(default_factory=dict)
    """C1..C5, I1..I6, A1..A5 to yes/no; one without a value is not known and not counted."""
    questions: dict[str, str] = Field(default_factory=dict)
    """E1..E12, R1..R3, N1..N3 and the scorecard's declarations to free text; empty is no."""
    costs: dict[str, Any] = Field(default_factory=dict)
    strategic_value: int = Field(default=0, ge=0, le=5)
    """The business owner's mark from 1 to 5; 0 or nothing is not given."""

    def at(self, place: Sequence[str]) -> Any:
        """What stands at a place, such as ``("costs", "upfront")``; None where nothing does."""
        outer, *inner = place
        if not inner:
            return getattr(self, outer) or None
        found = getattr(self, outer).get(inner[0])
        return None if found in ("", [], {}) else found

    @field_validator("factors", mode="before")
    @classmethod
    def _given(cls, value: Any) -> Any:
        # A name that is none stays, so that it is refused whatever stands behind it.
        return _without_blanks(value, keep=lambda name: not re.match(_FACTOR, name))

    @field_validator("questions", mode="before")
    @classmethod
    def _said(cls, value: Any) -> Any:
        said = _without_blanks(value, keep=lambda _: False)
        # YAML reads 10000 as a number; somebody typed it all the same.
        return (
            {name: str(one) if type(one) is int else one for name, one in said.items()}
            if isinstance(said, dict)
            else said
        )

    @field_validator("strategic_value", mode="before")
    @classmethod
    def _marked(cls, value: Any) -> Any:
        return 0 if value is None else value


def _without_blanks(value: Any, keep: Callable[[str], bool]) -> Any:
    """A mapping without the names that nothing stands behind; a blank mapping is an empty one."""
    if not isinstance(value, dict):
        return {} if value is None else value
    return {name: said for name, said in value.items() if said is not None or keep(str(name))}
