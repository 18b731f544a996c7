"""A model that recognises toxic text, as a project names it, and what it says of one text."""

from typing import Annotated

from pydantic import Field, field_validator

from tuneworthy.core.nouns.base import Part
from tuneworthy.core.nouns.model_settings import EMBEDDED, ModelSettings


class RecogniserSettings(ModelSettings):
    """One model that recognises toxic text; the metric ``toxicity`` names it.

    ``at`` is the address of an API that knows ``/moderations`` as OpenAI's does, up to ``/v1``, or
    a folder with a sequence classifier in safetensors.
    """

    @field_validator("at")
    @classmethod
    def _no_chat_model(cls, at: str) -> str:
        if at == EMBEDDED:
            raise ValueError("the embedded model only chats; give a URL or a folder")
        return at


class Recognised(Part):
    """What a recogniser says of one text."""

    scores: dict[str, Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]] = Field(
        default_factory=dict
    )
    """Each of its labels, from 0 (surely not) to 1."""
    error: str = ""
    """Why there are no scores: it did not answer, or what it said is none."""
