"""A model that can be asked: the one that ships, a folder of weights, or an address."""

from pathlib import PurePath
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.requirements import Prices
from tuneworthy.core.secret_ref import NamedSecretRef

EMBEDDED = "embedded"


class ModelSettings(Part):
    """One model beside ``base_model`` that every prompt is tried on.

    An entry with the same ``at`` and ``model`` as ``base_model`` describes the base model: it gives
    its name, key and prices.
    """

    at: str = Field(min_length=1)
    """``embedded``, a local folder of safetensors, or an OpenAI-compatible URL."""
    name: str = ""
    """What tables call it; by default the model's, the folder's or the host's name."""
    model: str = ""
    """The name under which a URL knows the model; ``URL#name`` in ``at`` says the same."""
    api_key_env: NamedSecretRef = ""
    """The environment variable that holds the key, or `file:PATH`; never the key itself."""
    prompt_price: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """For a million prompt tokens, in one currency for all models."""
    completion_price: float | None = Field(
        default=None, ge=0, allow_inf_nan=False, validate_default=True
    )
    """For a million answer tokens."""
    requests_at_once: int = Field(default=8, ge=1, le=256)
    """How many requests a URL gets at the same time."""
    timeout_seconds: float = Field(default=120, gt=0, le=3600)
    """How long a URL may take for one answer; after two tries the case counts as an error."""
    first_token_requests: int = Field(default=0, ge=0, le=200)
    """How many cases a URL is asked once more, as a stream, to time an answer's first token."""
    context_tokens: int | None = Field(default=None, ge=128)
    """Tokens that prompt and answer may have together; a folder's is read from its files."""

    @field_validator("completion_price")
    @classmethod
    def _both_prices(cls, price: float | None, info: ValidationInfo) -> float | None:
        if (price is None) != (info.data.get("prompt_price") is None):
            raise ValueError("'prompt_price' and 'completion_price' go together")
        return price

    @property
    def is_endpoint(self) -> bool:
        """Whether it answers by HTTP."""
        return self.at.startswith(("http://", "https://"))

    @property
    def is_local(self) -> bool:
        """Whether its weights are here."""
        return not self.is_endpoint

    @property
    def url(self) -> str:
        """The address without the model's name."""
        return self.at.partition("#")[0]

    @property
    def served_name(self) -> str:
        """The name that a URL is asked for."""
        return self.model or self.at.partition("#")[2] or "default"

    @property
    def title(self) -> str:
        """What tables call it."""
        if self.name:
            return self.name
        if not self.is_endpoint:
            return PurePath(self.at).name or self.at
        named = self.model or self.at.partition("#")[2]
        return named or _host(self.url)

    @property
    def same(self) -> tuple[str, str]:
        """Equal for two entries that mean one model."""
        if self.is_endpoint:
            return self.url.rstrip("/"), self.served_name
        return self.at if self.at == EMBEDDED else str(PurePath(self.at)), ""

    @property
    def prices(self) -> Prices | None:
        """What its tokens cost; None where nobody says."""
        if self.prompt_price is None or self.completion_price is None:
            return None
        return Prices(
            prompt_per_million=self.prompt_price, completion_per_million=self.completion_price
        )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or url
    except ValueError:
        return url


def with_base(
    base: str, prices: Prices | None, models: tuple[ModelSettings, ...]
) -> tuple[ModelSettings, ...]:
    """Every model to ask, the base model first; an entry that describes the base is merged in."""
    first = ModelSettings(at=base)
    described = [one for one in models if one.same == first.same]
    first = described[0] if described else first
    if prices is not None and first.prices is None:
        first = first.model_copy(
            update={
                "prompt_price": prices.prompt_per_million,
                "completion_price": prices.completion_per_million,
            }
        )
    return (first, *(one for one in models if one.same != first.same))
