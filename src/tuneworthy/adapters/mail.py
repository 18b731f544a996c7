"""Sends plain mail through the server that the settings name."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from tuneworthy.core.errors import ConfigProblem, OfflineProblem, ServeProblem
from tuneworthy.core.nouns.checkpoint import MailSettings
from tuneworthy.core.secret_ref import read_secret

TIMEOUT = 10.0
"""Seconds for each step of a connection."""


def send_mail(settings: MailSettings, *, to: str, subject: str, text: str) -> None:
    """Hand one message to the server; return when the server has taken it.

    Raises:
        ConfigProblem: No server or sender is named, or the password is not in the environment.
        OfflineProblem: The server cannot be reached.
        ServeProblem: It did not take the message.
    """
    message = _message(settings, to, subject, text)
    try:
        with _connected(settings) as server:
            if settings.user:
                server.login(settings.user, _password(settings))
            server.send_message(message)
    except smtplib.SMTPException as fault:
        raise ServeProblem(
            "not_delivered", f"{settings.host} did not take the message.", why=_words(fault)
        ) from fault
    except OSError as fault:
        raise OfflineProblem(
            "not_delivered", f"{settings.host} cannot be reached.", why=str(fault)
        ) from fault


def _message(settings: MailSettings, to: str, subject: str, text: str) -> EmailMessage:
    if not settings.host or not settings.sender:
        raise ConfigProblem(
            "no_mail_server",
            "No mail server is named.",
            fix="mail: {host: mail.example.org, sender: tuneworthy@example.org}",
        )
    message = EmailMessage()
    try:
        message["From"], message["To"], message["Subject"] = settings.sender, to, subject
    except ValueError as fault:
        raise ConfigProblem("bad_mail_address", "A mail address has a line break.") from fault
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="tuneworthy.invalid")
    # Nothing is wrapped or re-coded: what is signed must arrive as it is.
    message.set_content(text, cte="base64")
    return message


def _connected(settings: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT)
    if settings.security == "starttls":
        server.starttls(context=context)
    return server


def _password(settings: MailSettings) -> str:
    try:
        return read_secret(settings.password_env, f"the mail password of {settings.user}")
    except ConfigProblem as fault:
        raise ConfigProblem(
            "no_mail_password",
            fault.message,
            why=fault.why,
            fix=f"{fault.fix} (mail: password_env)",
        ) from fault


def _words(fault: smtplib.SMTPException) -> str:
    """What the server said, without what was sent to it."""
    if isinstance(fault, smtplib.SMTPResponseException):
        said = fault.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"{fault.smtp_code} {text}"
    return type(fault).__name__
