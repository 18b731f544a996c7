"""The models that a project names: where their weights are, their digests, and how to open them."""

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from tuneworthy import adapters
from tuneworthy.core.errors import ConfigProblem, Problem
from tuneworthy.core.nouns.model_settings import EMBEDDED, ModelSettings
from tuneworthy.core.ports import ModelClient
from tuneworthy.core.secret_ref import read_secret

ASSUMED_CONTEXT = 4096
"""Tokens that an endpoint is taken to hold when ``context_tokens`` does not say."""


def model_path(folder: Path, model: ModelSettings) -> Path:
    """The folder of a local model's weights. Raises ModelProblem or ConfigProblem."""
    if model.at == EMBEDDED:
        return adapters.embedded_model_dir()
    path = (folder / model.at).resolve()
    if not (path / "config.json").is_file():
        raise ConfigProblem(
            "no_model",
            f"Model '{model.at}' is no folder with a config.json.",
            why="Training and local evaluation need the weights here.",
            fix=f"{EMBEDDED}, or the path of a folder of safetensors",
        )
    return path


def model_digest(folder: Path, model: ModelSettings) -> str:
    """Digest of the weights; of address and name where the weights cannot be seen."""
    if model.is_endpoint:
        return adapters.endpoint_digest(model.url, model.served_name)
    return adapters.base_identity(model_path(folder, model)).base


def computing_of(folder: Path, model: ModelSettings) -> str:
    """Digest of how a model here computes its answers; empty for an endpoint's."""
    if model.is_endpoint:
        return ""
    return adapters.computing_digest(model_path(folder, model))


def open_model(
    folder: Path,
    model: ModelSettings,
    *,
    adapter: Path | None = None,
    threads: int = 2,
    internal: Collection[str] = (),
) -> ModelClient:
    """A client of the model; ``internal`` as for ``check_models``.

    Raises ModelProblem or ConfigProblem.
    """
    if model.is_endpoint:
        return adapters.load_endpoint(
            model.url,
            model.served_name,
            key_of(model, folder),
            model.requests_at_once,
            model.timeout_seconds,
            internal,
        )
    return adapters.load_local_model(model_path(folder, model), adapter, threads)


def close_model(client: ModelClient) -> None:
    """Release what an endpoint's client holds; a local model has nothing to release."""
    close = getattr(client, "close", None)
    if close is not None:
        close()


def check_models(
    folder: Path, models: Sequence[ModelSettings], internal: Collection[str] = ()
) -> None:
    """See that folders and keys are there, before anything is run. Nothing is asked.

    ``internal`` are the hosts that models may have in the network behind this machine.

    Raises:
        ConfigProblem: Every model that is missing something.
        ModelProblem: The only one has an address that may not be asked.
    """
    found: list[tuple[ModelSettings, Problem]] = []
    for model in models:
        try:
            if model.is_endpoint:
                key_of(model, folder)
                adapters.refuse_inside(model.url, internal)
            else:
                model_path(folder, model)
        except Problem as problem:
            found.append((model, problem))
    if len(found) == 1:
        raise found[0][1]
    if found:
        raise ConfigProblem(
            "models_missing",
            f"{len(found)} models cannot be asked.",
            why=" ".join(f"{model.title}: {problem}" for model, problem in found),
            fix="Mend them in tuneworthy.yaml, or take them out of 'models'.",
        )


def refuse_twins(
    models: Sequence[ModelSettings], digest_of: Callable[[ModelSettings], str]
) -> None:
    """Refuse models with the same weights: they would count as one. Raises ConfigProblem."""
    by_digest: dict[str, list[str]] = defaultdict(list)
    if len(models) < 2:
        return
    for model in models:
        by_digest[digest_of(model)].append(model.title)
    for names in by_digest.values():
        if len(names) > 1:
            raise ConfigProblem(
                "same_model_twice",
                f"{' and '.join(names)} are the same model.",
                why="Another name for the same weights is not a second model.",
                fix="Take one of them out of 'models' in tuneworthy.yaml.",
            )


def smallest_context(folder: Path, models: Sequence[ModelSettings]) -> int:
    """Tokens that every model can hold, prompt and answer together."""
    return min(_context(folder, model) for model in models)


def _context(folder: Path, model: ModelSettings) -> int:
    if model.context_tokens is not None:
        return model.context_tokens
    if model.is_endpoint:
        return ASSUMED_CONTEXT
    try:
        config = json.loads((model_path(folder, model) / "config.json").read_bytes())
        return int(config["max_position_embeddings"])
    except (OSError, ValueError, KeyError, TypeError):
        return ASSUMED_CONTEXT


def key_of(model: ModelSettings, folder: Path) -> str:
    """The key of a model behind a URL; empty where it needs none. Raises ConfigProblem."""
    if not model.api_key_env:
        return ""
    try:
        return read_secret(model.api_key_env, f"the key of model '{model.title}'", folder)
    except ConfigProblem as fault:
        raise ConfigProblem("no_api_key", fault.message, why=fault.why, fix=fault.fix) from fault
