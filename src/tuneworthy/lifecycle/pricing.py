"""Token counts of training rows, and their price at hosted providers that the user names."""

from collections.abc import Iterable
from pathlib import Path

from tuneworthy import adapters
from tuneworthy.config.yaml_file import plain, read_yaml
from tuneworthy.core.errors import UsageProblem
from tuneworthy.core.nouns.example import Example
from tuneworthy.core.nouns.price_tag import HostedBill, PriceTag
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.ports import Tokenizer
from tuneworthy.data.hosted import HostedPrice, bills, count_tokens, read_prices
from tuneworthy.lifecycle import datasets
from tuneworthy.lifecycle.files import DEFAULT, FileOptions, read_file
from tuneworthy.lifecycle.tokenizers import tokenizer_named
from tuneworthy.lifecycle.wiring import Runtime

LIMIT = TrainSettings().max_length


def price_file(
    path: Path,
    tokenizer: str,
    prices: Path | None = None,
    *,
    epochs: float = 1.0,
    limit: int = LIMIT,
    options: FileOptions = DEFAULT,
) -> PriceTag:
    """Count the rows of a file; needs no project.

    Args:
        path: Any file that ``check_file`` reads; rows that cannot be read are not counted.
        tokenizer: ``embedded``, or a model's folder.
        prices: YAML with provider to ``per_million_tokens``, ``currency`` and, if any, ``minimum``.
        epochs: How often every row is trained on.
        limit: Tokens that training keeps of a row.
        options: As for ``check_file``.

    Raises:
        ConfigProblem: A file or price that cannot be used.
        UsageProblem: No tokenizer is named, or ``epochs`` is not above 0.
    """
    if not tokenizer:
        raise UsageProblem(
            "no_tokenizer_named",
            "Which tokenizer shall count the tokens?",
            why="Every model counts otherwise.",
            fix="--tokenizer embedded, or --tokenizer FOLDER of the model that is to be tuned",
        )
    asked = _prices(prices)
    examples = read_file(path, options).table.examples()
    return _tag(str(path), examples, tokenizer_named(tokenizer), asked, epochs, limit)


def price_version(
    runtime: Runtime, prices: Path | None = None, *, tokenizer: str = "", epochs: float = 0.0
) -> PriceTag:
    """Count the training part of the current version by the base model's tokenizer.

    Args:
        runtime: The project; ``training`` says the length and the epochs.
        prices: As for ``price_file``.
        tokenizer: In place of the base model's.
        epochs: In place of the project's.
    """
    asked = _prices(prices)
    version = datasets.current(runtime)
    if not tokenizer and runtime.project.base.is_endpoint:
        raise UsageProblem(
            "no_tokenizer_named",
            f"The tokenizer of {runtime.project.base_model} is not here.",
            fix="--tokenizer FOLDER, with the tokenizer.json of that model",
        )
    found = tokenizer_named(tokenizer) if tokenizer else adapters.load_tokenizer(runtime.base_path)
    settings = runtime.project.training
    return _tag(
        version.id,
        datasets.examples(runtime, "train"),
        found,
        asked,
        epochs or settings.num_train_epochs,
        settings.max_length,
    )


def _prices(path: Path | None) -> list[HostedPrice]:
    if path is None:
        return []
    shown = "Write: PROVIDER: {per_million_tokens: 3.0, currency: EUR}"
    return read_prices(plain(read_yaml(path, make=shown)), str(path))


def _tag(
    of: str,
    examples: Iterable[Example],
    tokenizer: Tokenizer,
    prices: list[HostedPrice],
    epochs: float,
    limit: int,
) -> PriceTag:
    if not 0 < epochs <= 1_000:
        raise UsageProblem("bad_epochs", f"{epochs} is no number of epochs.", fix="--epochs 3")
    tokens = count_tokens(examples, lambda text: len(tokenizer.encode([text])[0]), limit)
    return PriceTag(
        of=of,
        tokenizer=tokenizer.name,
        rows=tokens.rows,
        prompt_tokens=tokens.prompt,
        target_tokens=tokens.target,
        longest=tokens.longest,
        limit=limit,
        over=tokens.over,
        epochs=epochs,
        bills=tuple(HostedBill(**bill._asdict()) for bill in bills(tokens, epochs, prices)),
    )
