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


def base_digest(base: Path) -> str:
    """Digest of a base model's weight files and of what its configuration computes."""
    weights = sorted(base.glob("*.safetensors"))
    try:
        config = json.loads((base / "config.json").read_bytes())
    except (OSError, ValueError) as fault:
        raise no_base(base, f"config.json cannot be read: {fault}.") from fault
    if not weights:
        raise no_base(base, "It holds no .safetensors file.")
    for path in weights:
        if wrong := header_fault(path):
            raise no_base(base, f"{path.name}: {wrong}.")
    return digest({"weights": {w.name: digest_file(w) for w in weights}, "config": _stable(config)})


def tokenizer_digest(base: Path) -> str:
    """Digest of the files that decide how text becomes tokens."""
    path = base / "tokenizer.json"
    if not path.is_file():
        raise no_base(base, "It holds no tokenizer.json.")
    settings = base / "tokenizer_config.json"
    config = json.loads(settings.read_bytes()) if settings.is_file() else {}
    return digest({"tokenizer.json": digest_file(path), "config": _stable(config)})


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
        template=digest_bytes((tokenizer.chat_template or "").encode()),
    )


def no_base(base: Path, why: str) -> ModelProblem:
    """The folder is no base model that can be loaded."""
    return ModelProblem(
        "no_base_model",
        f"The base model in {base} cannot be loaded.",
        why=why,
        fix="Set base_model to 'embedded' or to a folder with safetensors and a tokenizer.",
    )
