"""Training and evaluation runs, what they cost, and paired comparisons."""

from typing import Any, ClassVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from tuneworthy.core.nouns.base import Interval, Noun, Part
from tuneworthy.core.nouns.comparing import Effect, Power, PrimaryTest, SegmentDelta, Verdict
from tuneworthy.core.nouns.guards import GuardRatio
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.nouns.suite import Arm


class TrainSettings(Part):
    """LoRA settings under their Hugging Face names; ``lora_layers`` None means every layer."""

    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    num_train_epochs: float = Field(default=3.0, gt=0, le=1000)
    per_device_train_batch_size: int = Field(default=8, ge=1)
    lora_r: int = Field(default=16, ge=1)
    lora_alpha: int = Field(default=32, ge=1)
    lora_dropout: float = Field(default=0.0, ge=0, lt=1)
    lora_layers: int | None = Field(default=15, ge=1)
    """Adapt only the last so many layers (faster); recorded, never hidden."""
    max_length: int = Field(default=512, ge=8)
    warmup_ratio: float = Field(default=0.05, ge=0, le=1)
    lr_scheduler_type: str = "linear"
    weight_decay: float = Field(default=0.0, ge=0, le=1)
    seed: int = Field(default=7, ge=0, le=2**32 - 1)
    save_steps: int = Field(default=20, ge=1)
    threads: int = Field(default=2, ge=1)


class Cost(Part):
    """Seconds are CPU seconds (user + system) unless named wall; memory is peak RSS in MB."""

    cpu_seconds: float
    wall_seconds: float
    wall_seconds_high: float = 0.0
    peak_memory_mb: float
    tokens: int
    flop: float
    steps: int


class Environment(Part):
    """What a run was made with; its digest is part of the manifest."""

    python: str
    platform: str
    packages: dict[str, str]
    threads: int


class RunManifest(Part):
    """Everything that decides a training run's bytes."""

    base: str
    """Digest of the base weights."""
    dataset: str
    template: str
    """Digest of the chat template."""
    tokenizer: str
    prompt: str
    """Digest of the Arm (prompt) the model was trained to answer."""
    settings: TrainSettings
    environment: Environment


class TrainingRun(Noun):
    """One training: the manifest, the estimate made before, what it really cost, what it made."""

    kind: ClassVar[str] = "training_run"
    project: str
    manifest: RunManifest
    estimate: Cost
    actual: Cost
    adapter: str
    """Tree digest of the adapter folder in the blob store."""
    losses: tuple[float, ...]
    label_preview: str
    """The first example as trained, with the masked part marked."""
    submitted_by: str
    resumed: bool = False
    created_at: str


class CaseResult(Part):
    """One answer with its score in 0..1 and whether it had the right form."""

    case: str
    output: str
    score: float
    valid: bool
    error: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    steps: tuple[str, ...] = ()
    """What the earlier steps of a decomposed arm answered."""
    failed: bool = False
    """Whether there is no answer at all; ``error`` says why, and the score is 0."""
    cut_off: bool = False
    """Whether the answer stopped at the limit of its length, and not by itself."""
    seconds: float = 0.0
    """Wall seconds of this case by itself, when it was asked; 0 where cases went together."""
    logprobs: tuple[float, ...] = ()
    """Log-probability of each of the case's choices; the answer is the likeliest one."""
    level: float | None = None
    """How strongly a recogniser found what it looks for, 0..1; None where none looked."""

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # The bytes of a row without a recogniser stay what they were before there were any.
        facts: dict[str, Any] = handler(self)
        if self.level is None:
            facts.pop("level", None)
        return facts


class WeightsProof(Part):
    """What was checked before a model was judged or served."""

    adapter: str
    """Tree digest recomputed from the loaded files; empty for a bare base model."""
    delta_norm: float
    """Frobenius norm of the LoRA update, summed over modules; 0 only for the base."""
    logit_difference: float
    """Largest absolute logit difference from the base on the probe prompts."""
    template: str
    base: str
    passed: bool
    reason: str = ""


class Latency(Part):
    """Wall seconds from a request to its whole answer, over ``n`` requests.

    Quantiles are linear between order statistics; of few requests the 99th percentile is hardly
    more than the slowest.
    """

    p50: float
    p95: float
    n: int
    alone: bool
    """Each request was sent alone; otherwise beside others, as far as the settings allow."""
    p99: float | None = None
    """None in runs of an older release."""
    first_p50: float | None = None
    """Seconds to the first piece of text; None where answers did not come in pieces."""
    first_p95: float | None = None
    first_p99: float | None = None


class SuccessCost(Part):
    """Money for one right answer, with the bounds that the score's 95 % interval gives.

    None where it has no bound: with no right answer there is no price of one.
    """

    value: float | None
    low: float | None
    high: float | None


class EvaluationRun(Noun):
    """One arm over one suite, with every raw output kept."""

    kind: ClassVar[str] = "evaluation_run"
    project: str
    suite: str
    arm: Arm
    model: str
    """Digest of the model (base, or base + adapter), empty for plain retrieval."""
    score: Interval
    valid_share: float
    results: str
    """Blob digest of CaseResult rows (JSONL)."""
    cpu_seconds: float
    """On this machine; of an endpoint's work only what this side did."""
    prompt_tokens: int
    """0, like ``completion_tokens``, where an endpoint did not count them all."""
    completion_tokens: int
    proof: WeightsProof | None = None
    model_name: str = ""
    """What the settings call the model; empty for plain retrieval and in older rows."""
    derived: str = ""
    """Digest of what the prompt was made from; empty for a prompt that people wrote."""
    answers: str = ""
    """Digest of the answers' texts alone, in the order of the cases."""
    empty: int = 0
    """Answers without any text, like the next ones counted among ``score.n``, scored 0."""
    cut_off: int = 0
    """Answers that stopped at the limit of their length."""
    failed: int = 0
    """Cases without an answer: timed out, refused, no connection; scored 0."""
    invalid: int = 0
    """Answers that have not the form that was asked for."""
    judge: str = ""
    """Digest of the judge that gave the scores; empty where no model did."""
    recogniser: str = ""
    """Digest of the recogniser that the scores rest on; empty where none was asked."""
    unread: int = 0
    """Answers of which the recogniser told nothing, scored 0."""
    remembered: int = 0
    """Answers that were kept from before: times and processor time are of the others alone."""
    wall_seconds: float | None = None
    latency: Latency | None = None
    prices: Prices | None = None
    cost: float | None = None
    """Tokens times prices; None where no price is given or no tokens were counted."""
    cost_per_success: SuccessCost | None = None
    created_at: str


IN_PRODUCTION = ", in production"
"""Ends the name of the version in production, where a candidate is compared with it."""


class Comparison(Noun):
    """Candidate against baseline on the same cases, paired.

    The interval is Tango's for 0/1 scores of single cases and a paired bootstrap otherwise;
    ``p_value`` is two-sided, of the test that is named. Older rows do not name it: theirs is
    McNemar's exact test or Wilcoxon's, and the interval is the bootstrap's.
    """

    kind: ClassVar[str] = "comparison"
    suite: str
    candidate: str
    against: str
    against_name: str
    delta: Interval
    p_value: float
    newly_right: int
    newly_wrong: int
    verdict: Verdict
    test: str = ""
    why: str = ""
    """Why that test."""
    groups: int | None = None
    """Groups that the cases came in; None where every case stands for itself."""
    effects: tuple[Effect, ...] = ()
    segments: tuple[SegmentDelta, ...] = ()
    power: Power | None = None
    """For the declared gain; None where none is declared."""
    primaries: tuple[PrimaryTest, ...] = ()
    """This test first, and the project's other primary suites; the verdict is the adjusted one."""
    guards: tuple[GuardRatio, ...] = ()
    """How much slower, longer and dearer the candidate is; only against its base."""

    @property
    def vetoes(self) -> tuple[str, ...]:
        """Segments that are clearly worse: each stops a release, however good the whole is."""
        return tuple(one.segment for one in self.segments if one.verdict == "clearly worse")

    @property
    def broken(self) -> tuple[GuardRatio, ...]:
        """Guards whose limit is not kept: each stops a release too."""
        return tuple(one for one in self.guards if one.broken)
