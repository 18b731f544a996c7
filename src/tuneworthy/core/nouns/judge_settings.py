"""A model that judges, as a project names it."""

from pydantic import model_validator

from tuneworthy.core.nouns.judging import Reading
from tuneworthy.core.nouns.model_settings import ModelSettings


class JudgeSettings(ModelSettings):
    """One model that judges answers; ``eval judge`` and the metric ``judge`` name it."""

    reading: Reading = "text"
    """How a verdict is read: ``text`` it writes, or by ``likelihood`` the word that it finds most
    probable; that needs the weights here."""

    @model_validator(mode="after")
    def _open(self) -> "JudgeSettings":
        if self.reading == "likelihood" and self.is_endpoint:
            raise ValueError("a URL does not tell how likely its words are; reading must be text")
        return self
