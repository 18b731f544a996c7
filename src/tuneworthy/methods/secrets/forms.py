"""The published forms of issuers' credentials. Group 1, where there is one, is the secret itself.

Sources: each issuer's own documentation of its token form, named beside the row; where it publishes
none, the list that GitHub's secret scanning and the Gitleaks rules agree on.
"""

import re
from typing import NamedTuple


class Form(NamedTuple):
    """One issuer's form: its kind, the search, and an RE2 pattern without which it cannot match."""

    kind: str
    pattern: re.Pattern[str]
    gate: str


def _form(kind: str, pattern: str, gate: str) -> Form:
    return Form(kind, re.compile(pattern), gate)


_KEY = r"(?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"

FORMS = (
    # RFC 7468, RFC 4880 section 6.2
    _form("private_key", rf"-----BEGIN {_KEY}(?:[^-]{{0,16000}}-----END {_KEY})?", "PRIVATE KEY"),
    # RFC 7519: two base64url JSON objects, which begin with {" = eyJ
    _form("jwt", r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}", r"eyJ[\w-]{8,}\.eyJ"),
    # AWS IAM user guide, "Unique identifiers"
    _form("aws_access_key", r"\b((?:AKIA|ASIA)[A-Z0-9]{16})\b", "(?:AKIA|ASIA)[A-Z0-9]{16}"),
    _form(
        "aws_secret_key",
        r"(?i:(?:secret_?access_?key|aws_?secret(?:_?key)?))\W{1,6}([A-Za-z0-9/+]{40})"
        r"(?![A-Za-z0-9/+=])",
        "[A-Za-z0-9/+]{40}",
    ),
    # GitHub, "Behind GitHub's new authentication token formats"
    _form(
        "github_token",
        r"\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})\b",
        r"gh[pousr]_[A-Za-z0-9]{36}|github_pat_",
    ),
    # GitLab, "Token overview": prefixes
    _form(
        "gitlab_token",
        r"\b(gl(?:pat|ptt|rt|dt|ft|soat|agent|cbt|imt)-[\w-]{20,255})",
        r"gl(?:pat|ptt|rt|dt|ft|soat|agent|cbt|imt)-",
    ),
    # Slack, "Token types" and "Incoming webhooks"
    _form("slack_token", r"\b((?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,255})", r"xox[abeoprs]-|xapp-"),
    _form(
        "slack_webhook",
        r"https://hooks\.slack\.com/(?:services|workflows)/(T\w+/[A-Z]\w+/[\w/]{20,})",
        r"hooks\.slack\.com",
    ),
    # Anthropic, OpenAI, OpenRouter, Groq: API reference, "Authentication"
    _form("anthropic_key", r"\b(sk-ant-[\w-]{20,255})", "sk-ant-"),
    _form(
        "openai_key",
        r"(?<![\w-])(sk-(?:proj-|svcacct-|admin-|or-v1-)[A-Za-z0-9_-]{20,255}"
        r"|sk-(?=[A-Za-z]*[0-9])[A-Za-z0-9]{20,255})(?![\w-])",
        "sk-[A-Za-z0-9_-]{20}",
    ),
    _form("groq_key", r"\b(gsk_[A-Za-z0-9]{40,60})\b", "gsk_"),
    # Stripe, "API keys" and "Webhooks"
    _form(
        "stripe_key", r"\b((?:[sr]k_live_|whsec_)[A-Za-z0-9+/]{16,255})", "[sr]k_live_|whsec_"
    ),
    # Google Cloud, "API keys"; OAuth client secrets and access tokens
    _form("google_key", r"\b(AIza[\w-]{35})(?![\w-])", "AIza"),
    _form("google_oauth", r"\b(GOCSPX-[\w-]{28}|ya29\.[\w-]{30,255})", r"GOCSPX-|ya29\."),
    # Hugging Face, "User access tokens"
    _form("huggingface_token", r"\b((?:hf|api_org)_[A-Za-z0-9]{30,255})\b", "(?:hf|api_org)_"),
    # npm, "About access tokens"; PyPI, "API tokens"; RubyGems; crates.io; Docker Hub
    _form("npm_token", r"\b(npm_[A-Za-z0-9]{36})\b", "npm_[A-Za-z0-9]{36}"),
    _form("pypi_token", r"\b(pypi-AgE[\w-]{50,500})", "pypi-AgE"),
    _form("rubygems_key", r"\b(rubygems_[a-f0-9]{48})\b", "rubygems_"),
    _form("docker_token", r"\b(dckr_(?:pat|oat)_[\w-]{27,64})", "dckr_(?:pat|oat)_"),
    # Azure, "Configure connection strings" and "Service SAS" (sig=)
    _form(
        "azure_key", r"(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{43,86}={1,2})",
        "(?:Account|SharedAccess)Key=",
    ),
    _form("azure_sas", r"[?&]sig=([A-Za-z0-9%+/]{40,90}(?:%3D|=))", "[?&]sig="),
    # Twilio, "API keys"; SendGrid; Mailgun; Mailchimp
    _form("twilio_key", r"\b(SK[0-9a-f]{32})\b", "SK[0-9a-f]{32}"),
    _form("sendgrid_key", r"\b(SG\.[\w-]{22}\.[\w-]{43})(?![\w-])", r"SG\.[\w-]{22}\."),
    _form("mailgun_key", r"\b(key-[0-9a-f]{32})\b", "key-[0-9a-f]{32}"),
    _form("mailchimp_key", r"\b([0-9a-f]{32}-us[0-9]{1,2})\b", "[0-9a-f]{32}-us"),
    # Telegram Bot API; Discord webhooks; Shopify; DigitalOcean; Databricks; Vault; Linear
    _form("telegram_token", r"\b([0-9]{8,10}:AA[\w-]{33})(?![\w-])", r"[0-9]{8}:AA"),
    _form(
        "discord_webhook", r"https://(?:\w+\.)?discord(?:app)?\.com/api/webhooks/(\d+/[\w-]{60,80})",
        "/api/webhooks/",
    ),
    _form("shopify_token", r"\b(shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32})\b", "shp(?:at|ca|pa|ss)_"),
    _form("digitalocean_token", r"\b(do[opr]_v1_[0-9a-f]{64})\b", "do[opr]_v1_"),
    _form("databricks_token", r"\b(dapi[0-9a-f]{32}(?:-\d)?)\b", "dapi[0-9a-f]{32}"),
    _form("vault_token", r"\b(hv[sbr]\.[\w-]{24,300})", r"hv[sbr]\."),
    _form("linear_key", r"\b(lin_api_[A-Za-z0-9]{40})\b", "lin_api_"),
    _form("square_token", r"\b(sq0(?:atp|csp)-[\w-]{22,43})", "sq0(?:atp|csp)-"),
    _form("grafana_token", r"\b(gl(?:c|sa)_[A-Za-z0-9+/=_]{32,400})", "gl(?:c|sa)_"),
    # This product (methods/api_token)
    _form("tuneworthy_key", r"\b(twk_[0-9a-f]{12}_[\w-]{43})(?![\w-])", "twk_[0-9a-f]{12}_"),
    _form("age_key", r"\b(AGE-SECRET-KEY-1[A-Z0-9]{58})\b", "AGE-SECRET-KEY-1"),
)  # fmt: skip
