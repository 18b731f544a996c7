"""One training record in the canonical chat form, with where it came from."""

from typing import Any, ClassVar, Literal

from tuneworthy.core.nouns.base import Noun, Part

RoleName = Literal["system", "user", "assistant", "tool"]


class Message(Part):
    """One turn of a conversation."""

    role: RoleName
    content: str


class Provenance(Part):
    """Where a record came from and on what ground it may be used."""

    source: str
    row: int
    licence: str = ""
    legal_basis: str = ""
    subject: str = ""
    segment: str = ""
    group: str = ""
    timestamp: str = ""
    split: str = ""
    """The split the source itself declares for this row; empty when it declares none."""
    annotators: tuple[str, ...] = ()
    """Who gave or judged the answer, sorted, each once; empty where the source names nobody."""


class Example(Noun):
    """A chat that ends in the assistant's target answer.

    ``tools`` holds JSON-schema function declarations (OpenAI shape). ``accepted`` holds what a
    metric may accept beside the target (for tool calls: name and, per argument, a list of values).
    A text without a request, as in a file of documents, is a single assistant turn.
    """

    kind: ClassVar[str] = "example"
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    accepted: dict[str, Any] | None = None
    rejected: tuple[Message, ...] = ()
    """The worse answer of a preference pair: what stood in place of the last turn."""
    rating: bool | None = None
    """Whether the answer was found good (KTO); None where nobody said."""
    provenance: Provenance

    @property
    def prompt(self) -> tuple[Message, ...]:
        """All turns before the target."""
        return self.messages[:-1]

    @property
    def target(self) -> str:
        """The assistant's last answer."""
        return self.messages[-1].content

    @property
    def request(self) -> str:
        """The last user turn before the target."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")

    @property
    def is_text(self) -> bool:
        """Whether this is a plain text without a request."""
        return len(self.messages) == 1
