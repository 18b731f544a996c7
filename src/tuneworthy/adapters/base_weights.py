"""What a folder of base weights is: digests of all that decides what the model computes."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoTokenizer

from tuneworthy.adapters.safe_header import header_fault
from tuneworthy.adapters.torch_runtime import dtype_name, quiet
from tuneworthy.core.errors import ModelProblem
from tuneworthy.core.ports import BaseIdentity
from tuneworthy.methods.canonical import digest, digest_bytes, digest_file

# Keys of the configuration files that name a version or a place, or are digested elsewhere, and do
# not change what the model or its tokenizer computes.
_VOLATILE = frozenset(
    {
        "transformers_version",
        "_name_or_path",
        "_model_name_or_path",
        "name_or_path",
        "dtype",
        "use_cache",
        "local_files_only",
        "is_local",
        "backend",
        "chat_template",
    }
)


# Keys that make the loader read another file than the ones that are digested here.
_ELSEWHERE = ("transformers_weights", "configuration_files", "fast_tokenizer_files")
_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_WORDS = frozenset(
    {
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
        "vocab.txt",
        "merges.txt",
        "tokenizer.model",
        "spiece.model",
        "sentencepiece.bpe.model",
        "tekken.json",
        "tiktoken.model",
    }
)
"""Files beside tokenizer.json that a tokenizer may be made of, by its class and its age."""


def base_digest(base: Path) -> str:
    """Digest of a base model's weight files and of what its configuration computes.

    All that the loader could read counts. Raises ModelProblem where it could be led to weights
    elsewhere: by an index that names no plain file of this folder, an adapter beside the weights,
    or a key of config.json that names another file.
    """
    config = _settings(base, "config.json")
    weights = _weights(base)
    if (base / "adapter_config.json").exists():
        raise no_base(base, "It holds an adapter_config.json: the loader would add that adapter.")
    told: dict[str, Any] = {"weights": weights, "config": _stable(config)}
    if not (base / _SINGLE).is_file() and (base / _INDEX).is_file():
        told["index"] = _index(base, weights)
    if (base / "generation_config.json").is_file():
        # Answers end where it says so; most say the same as config.json.
        ends = _settings(base, "generation_config.json").get("eos_token_id")
        if ends != config.get("eos_token_id"):
            told["ends"] = ends
    return digest(told)


def _weights(base: Path) -> dict[str, str]:
    """Digest of each weight file of the folder, by its name."""
    found = {}
    for path in sorted(base.glob("*.safetensors")):
        try:
            wrong = header_fault(path)
            found[path.name] = digest_file(path)
        except OSError as fault:
            raise no_base(base, f"{path.name} cannot be read: {fault}.") from fault
        if wrong:
            raise no_base(base, f"{path.name}: {wrong}.")
    if not found:
        raise no_base(base, "It holds no .safetensors file.")
    return found


def _index(base: Path, weights: dict[str, str]) -> str:
    """Digest of the index over several weight files, which may name only files of the folder."""
    try:
        named = set(json.loads((base / _INDEX).read_bytes())["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise no_base(base, f"{_INDEX} cannot be read: {fault!r}.") from fault
    for name in sorted(named - set(weights), key=str):
        raise no_base(base, f"{_INDEX} names {name!r}, which is no weight file of this folder.")
    return digest_file(base / _INDEX)


def tokenizer_digest(base: Path) -> str:
    """Digest of the files that decide how text becomes tokens."""
    path = base / "tokenizer.json"
    if not path.is_file():
        raise no_base(base, "It holds no tokenizer.json.")
    known = (base / "tokenizer_config.json").is_file()
    config = _settings(base, "tokenizer_config.json") if known else {}
    told: dict[str, Any] = {"tokenizer.json": digest_file(path), "config": _stable(config)}
    beside = {name: digest_file(base / name) for name in _WORDS if (base / name).is_file()}
    return digest(told | ({"beside": beside} if beside else {}))


def template_digest(tokenizer: Any) -> str:
    """Digest of the chat template, or of all of them where a folder has several by name."""
    template = tokenizer.chat_template or ""
    if not isinstance(template, str):
        template = json.dumps(template, sort_keys=True)
    return digest_bytes(template.encode())


def _settings(base: Path, name: str) -> dict[str, Any]:
    """A configuration file of the folder, which may not send the loader elsewhere."""
    try:
        found = json.loads((base / name).read_bytes())
    except (OSError, ValueError, RecursionError) as fault:
        raise no_base(base, f"{name} cannot be read: {fault}.") from fault
    if not isinstance(found, dict):
        raise no_base(base, f"{name} holds no object.")
    for key in _ELSEWHERE:
        if key in found:
            raise no_base(base, f"{name} has '{key}', which names other files to load.")
    return found


def computing_digest(base: Path) -> str:
    """Digest of what decides an answer beside the weights and the tokenizer.

    That is the number format, the libraries that compute, and the tokens that end an answer. The
    neighbours in a batch are left out: in float32 they change nothing but the last bits.
    """
    path = base / "generation_config.json"
    try:
        ends = json.loads(path.read_bytes()) if path.is_file() else {}
    except (OSError, ValueError) as fault:
        raise no_base(base, f"{path.name} cannot be read: {fault}.") from fault
    return digest(
        {
            "number_format": dtype_name(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
            "generation": _stable(ends),
        }
    )


def _stable(config: dict[str, Any]) -> str:
    """Digest of a configuration without its volatile keys. Some hold integers beyond RFC 8785."""
    kept = {key: value for key, value in config.items() if key not in _VOLATILE}
    return digest_bytes(json.dumps(kept, sort_keys=True).encode())


def identity(base: Path) -> BaseIdentity:
    """The digests that a model of this folder would have, without loading its weights.

    Raises ModelProblem when the folder is no base model.
    """
    with quiet():
        try:
            tokenizer: Any = AutoTokenizer.from_pretrained(
                base, local_files_only=True, trust_remote_code=False
            )
        except (OSError, ValueError) as fault:
            raise no_base(base, str(fault).splitlines()[0]) from fault
    return BaseIdentity(
        base=base_digest(base),
        tokenizer=tokenizer_digest(base),
        template=template_digest(tokenizer),
    )


def no_base(base: Path, why: str) -> ModelProblem:
    """The folder is no base model that can be loaded."""
    return ModelProblem(
        "no_base_model",
        f"The base model in {base} cannot be loaded.",
        why=why,
        fix="Set base_model to 'embedded' or to a folder with safetensors and a tokenizer.",
    )
