import string
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuneworthy.methods.secrets import find_secrets

# Put together here, so that no scanner takes this file for a leak.
BODY = (string.ascii_letters + string.digits) * 2
SECRETS = {
    "aws_access_key": "AKIA" + "Q3ZT7XW2M4N5B6V8",
    "github_token": "ghp_" + BODY[:36],
    "gitlab_token": "glpat-" + BODY[:20],
    "slack_token": "xoxb-" + "123456789012-" + BODY[:24],
    "openai_key": "sk-proj-" + BODY[:40],
    "anthropic_key": "sk-ant-" + "api03-" + BODY[:40],
    "stripe_key": "sk_live_" + BODY[:24],
    "google_key": "AIza" + BODY[:35],
    "huggingface_token": "hf_" + BODY[:34],
    "jwt": "eyJ" + BODY[:20] + ".eyJ" + BODY[:30] + "." + BODY[:43],
}


def found(text: str) -> list[tuple[str, str, str]]:
    return [(hit.kind, text[hit.start : hit.end], hit.severity) for hit in find_secrets(text)]


@pytest.mark.parametrize("kind", SECRETS)
def test_each_issuers_form_is_found(kind):
    assert found(f"use {SECRETS[kind]} here") == [(kind, SECRETS[kind], "high")]


def test_a_private_key_is_found_whole_and_when_cut_short():
    head, tail = "-----BEGIN RSA PRIVATE" + " KEY-----", "-----END RSA PRIVATE" + " KEY-----"
    whole = f"{head}\nMIIabc/+=\n{tail}"
    assert found(f"x {whole} y") == [("private_key", whole, "high")]
    assert found(f"x {head}\nMIIabc") == [("private_key", head, "high")]


@pytest.mark.parametrize(
    ("text", "value", "severity"),
    [
        ("password=hunter2022", "hunter2022", "high"),
        ('{"db_password": "c0rrect-horse"}', "c0rrect-horse", "high"),
        ("az vm create --admin-password Pa55phrase!", "Pa55phrase!", "high"),
        ("API_KEY: 9f8e7d6c5b4a", "9f8e7d6c5b4a", "high"),
        ("the password is swordfish", "swordfish", "low"),
        ("--next-token 9f4d9f69 --access-token 7c2e11ab90", "7c2e11ab90", "high"),
        ("git_access_token: 7c2e11ab90", "7c2e11ab90", "high"),
    ],
)
def test_a_named_password_is_found(text, value, severity):
    assert found(text) == [("password", value, severity)]


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "ghp_" + "x" * 36,
        "password=<your-password>",
        "password: ${DB_PASSWORD}",
        "--password $PASSWORD",
        "api_key={{ key }}",
        "token: changeme",
        "the user's password: a text of eight letters"[:24],
        "secretary: Mariana99",
        "risk-assessment-of-everything-at-once",
        "password=optional",
        "aws dynamodb list-backups --starting-token abCDeFGhiJKlmnOPqrST9",
        "--lock-token 46851772-db6f-459d-9385-49428812e357",
        '{"next_page_token": "eyJOZXh0VG9rZW4iOiBudWxs"}',
        "arn:aws:secretsmanager:us-west-2:111122223333:secret:mySecret1",
    ],
)
def test_placeholders_are_harmless(text):
    assert found(text) == []


@given(st.text(max_size=200) | st.text("pasword=:- \"'kAIzeyJ.x1", max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_ordered_spans_inside_it(text):
    hits = find_secrets(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(a.end <= b.start for a, b in pairwise(hits))
