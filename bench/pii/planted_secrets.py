"""Sentences with credentials of published forms, drawn at random: none was ever valid."""

import random
import string

from fresh_text import Span, Text

_ALNUM = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_URL = _ALNUM + "-_"
FORMS = {
    "aws_access_key": ("AKIA", string.ascii_uppercase + "234567", 16, ""),
    "github_token": ("ghp_", _ALNUM, 36, ""),
    "github_fine": ("github_pat_", _ALNUM, 82, ""),
    "gitlab_token": ("glpat-", _URL, 20, ""),
    "slack_token": ("xoxb-", _ALNUM, 48, ""),
    "openai_project": ("sk-proj-", _URL, 120, ""),
    "openai_legacy": ("sk-", _ALNUM, 48, ""),
    "anthropic_key": ("sk-ant-api03-", _URL, 93, "AA"),
    "stripe_key": ("sk_live_", _ALNUM, 24, ""),
    "google_key": ("AIzaSy", _URL, 33, ""),
    "huggingface_token": ("hf_", string.ascii_letters, 34, ""),
    "npm_token": ("npm_", _ALNUM, 36, ""),
    "pypi_token": ("pypi-AgEIcHlwaS5vcmc", _URL, 150, ""),
    "sendgrid_key": ("SG.", _URL, 22, ""),
    "twilio_key": ("SK", _HEX, 32, ""),
    "azure_key": ("AccountKey=", _ALNUM + "+/", 86, "=="),
    "jwt": ("eyJ", _URL, 30, ""),
    "databricks_token": ("dapi", _HEX, 32, ""),
    "shopify_token": ("shpat_", _HEX, 32, ""),
    "digitalocean_token": ("dop_v1_", _HEX, 64, ""),
}
_SENTENCES = (
    "My script fails with {}, what is wrong?",
    'client = Client("{}")',
    "export KEY={}\n",
    '{{"auth": "{}", "retries": 3}}',
    "curl -H 'Authorization: Bearer {}' https://api.some-firm.io/v1",
    "I think I leaked {} in the log, please rotate it.",
)


def generate_secrets(count: int, seed: int) -> list[Text]:
    """``count`` sentences, each with one credential; the forms in turn."""
    chance = random.Random(seed)  # noqa: S311 - a benchmark's draw
    texts = []
    for n in range(count):
        kind = list(FORMS)[n % len(FORMS)]
        head, alphabet, size, tail = FORMS[kind]
        value = head + "".join(chance.choices(alphabet, k=size)) + tail
        if kind == "jwt":
            value += (
                ".eyJ"
                + "".join(chance.choices(_URL, k=60))
                + "."
                + "".join(chance.choices(_URL, k=43))
            )
        if kind == "sendgrid_key":
            value += "." + "".join(chance.choices(_URL, k=43))
        text = chance.choice(_SENTENCES).format(value)
        start = text.index(value)
        texts.append(Text(text, [Span(kind, start, start + len(value))]))
    return texts
