"""What a suite's file says: where its cases come from, how they are asked and how scored."""

from typing import ClassVar, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from tuneworthy.core.nouns.base import Noun, Part
from tuneworthy.core.nouns.metric import MetricSettings
from tuneworthy.core.nouns.suite import Arm, SuiteRole


class ProductionSample(Part):
    """A sample of recorded answers that were found good; personal data is taken out or refused."""

    route: str = ""
    """The route they came by; empty for the project's own."""
    days: int = Field(default=30, ge=1, le=3650)
    """How far back, from the moment of freezing."""
    n: int = Field(default=200, ge=1, le=100_000)
    """How many at most."""
    seed: int = 7


class SuitePrompt(Part):
    """How the suite's cases are asked; the same fields as a prompt's, see ``prompts.yaml``."""

    arm: Literal["zero_shot", "few_shot", "retrieval", "decomposed"] = "zero_shot"
    system: str = ""
    user: str = "{request}"
    prefill: str = ""
    k: int = Field(default=0, ge=0)
    steps: tuple[str, ...] = Field(default=(), validate_default=True)

    @field_validator("steps")
    @classmethod
    def _in_order(cls, steps: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        facts = {name: info.data[name] for name in ("arm", "user") if name in info.data}
        try:
            Arm.model_validate({"id": "prompt", **facts, "steps": steps})
        except ValidationError as fault:
            raise ValueError(fault.errors()[0]["msg"].removeprefix("Value error, ")) from fault
        return steps

    def as_arm(self, name: str) -> Arm:
        """The prompt under a name."""
        return Arm.model_validate({"id": name, **self.model_dump()})


class SuiteFile(Part):
    """The content of ``suites/NAME.yaml``. Exactly one of cases, split and production is given."""

    about: str = ""
    role: SuiteRole = "guard"
    cases: str = ""
    """A file of cases (JSON Lines) beside this one."""
    split: Literal["", "test", "validation"] = ""
    """The cases are those of the dataset's split."""
    segment: str = ""
    """Only the cases of this segment, of a split."""
    production: ProductionSample | None = None
    prompt: SuitePrompt | None = None
    """None: asked as the model under judgement was trained to be."""
    metrics: tuple[MetricSettings, ...] = ()
    """The first decides; none: the project's own metric."""
    margin: float | None = Field(default=None, gt=0, le=1)
    """The loss against the base, 0..1, that is still called no worse."""
    target: float | None = Field(default=None, gt=0, le=1)
    """The least score."""
    max_new_tokens: int | None = Field(default=None, ge=1, le=4096)
    """Longest answer; None: as in the project."""

    @property
    def source(self) -> str:
        """Which of the three the cases come from; empty when that is not said just once."""
        given = [name for name in ("cases", "split", "production") if getattr(self, name)]
        return given[0] if len(given) == 1 else ""


class SuiteRetired(Noun):
    """That a suite no longer counts, by whose word and why; ``id`` is the suite version's."""

    kind: ClassVar[str] = "suite_retired"
    project: str
    name: str
    person: str
    reason: str
    created_at: str
