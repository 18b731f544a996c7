"""Secrets are named, read where they are kept, and never repeated."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.secret_ref import NamedSecretRef, SecretRef, read_secret

CANARY = "canary-Zq47110815"


class Settings(BaseModel):
    strict: SecretRef = ""
    named: NamedSecretRef = ""


def test_a_secret_is_read_where_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_REF_TEST", CANARY)
    (tmp_path / "word").write_text(CANARY + "\r\n", encoding="utf-8")
    for reference in ("env:SECRET_REF_TEST", "SECRET_REF_TEST", f"file:{tmp_path}/word"):
        assert read_secret(reference, "the word") == CANARY
    assert read_secret("file:word", "the word", tmp_path) == CANARY


@pytest.mark.parametrize(
    "reference",
    ["", CANARY, "env:", "env:a-b", "file:", "env:NOT_SET_", "file:/nowhere", "file:/", "NO_"],
)
def test_what_is_not_there_is_said_without_the_secret(reference: str) -> None:
    with pytest.raises(ConfigProblem) as missing:
        read_secret(reference, "the word")
    told = json.dumps(missing.value.to_dict())
    assert missing.value.code == "no_secret"
    assert "the word" in told
    assert CANARY not in told


@given(st.text(max_size=40))
def test_only_references_may_stand_in_settings(text: str) -> None:
    if re.fullmatch(r"env:[A-Za-z_]\w*|file:\S.*|", text, re.ASCII):
        assert Settings(strict=text, named=text).strict == text
        return
    with pytest.raises(ValidationError) as refused:
        Settings(strict=text)
    assert refused.value.errors()[0]["type"] == "secret_in_the_open"


def test_settings_that_say_env_take_a_bare_name_too() -> None:
    assert Settings(named="MAIL_WORD").named == "MAIL_WORD"
    with pytest.raises(ValidationError):
        Settings(named=CANARY)
