"""Real local receivers: an HTTP server that takes posts, and a mail server that takes messages."""

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tuneworthy.core.clock import SystemClock


class Hook:
    """What was posted, and what is answered next."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.status = 200
        self.location = ""
        self.answer: Callable[[bytes], bytes] | None = None
        self.port = 0


@contextmanager
def hook(certificate: Path | None = None) -> Iterator[Hook]:
    """An HTTP server on a free port; with TLS where a file of key and certificate is given."""
    kept = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = b""
            if kept.status == 200 and kept.answer is not None:
                answer = kept.answer(body)
            elif kept.status == 200:
                kept.taken.append(json.loads(body))
            self.send_response(kept.status)
            if kept.location:
                self.send_header("Location", kept.location)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        kept.port = server.server_port
        yield from _running(server, kept)


def write_certificate(path: Path) -> Path:
    """A key and a certificate that it signed itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(pem))
    return path


class Mailbox:
    """What was mailed, who logged in, and whether messages are refused."""

    def __init__(self) -> None:
        self.taken: list[Message] = []
        self.logins: list[str] = []
        self.refuse = False
        self.port = 0


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as is needed."""

    kept: Mailbox

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            self._say(self._answer(verb.upper(), rest))
            if verb.upper() == "QUIT":
                return

    def _answer(self, verb: str, rest: str) -> str:
        if verb == "EHLO":
            return "250-here\r\n250 AUTH PLAIN"
        if verb == "AUTH":
            self.kept.logins.append(rest.partition(" ")[2])
            return "235 ok"
        if verb == "DATA":
            self._say("354 go on")
            self._message()
        if verb == "RCPT" and self.kept.refuse:
            return "550 no such mailbox"
        return "221 bye" if verb == "QUIT" else "250 ok"

    def _message(self) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.kept.taken.append(message_from_bytes(b"".join(lines)))

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server on a free port."""
    kept = Mailbox()
    session = type("Session", (_Session,), {"kept": kept})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), session) as server:
        server.daemon_threads = True
        kept.port = server.server_address[1]
        yield from _running(server, kept)


def _running(server: socketserver.BaseServer, kept: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
