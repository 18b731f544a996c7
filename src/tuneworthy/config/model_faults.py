"""Faults of ``models`` that only show when its entries are seen together."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tuneworthy.config.faults import Where, shown
from tuneworthy.config.yaml_file import place
from tuneworthy.core.nouns.model_settings import ModelSettings


def bad_models(values: dict[str, Any], path: Path, content: Any) -> list[str]:
    """A line for each entry that repeats another one's name or model.

    Entries that are at fault in themselves are told of elsewhere and left out here.
    """
    entries = values.get("models")
    base = values.get("base_model", "embedded")
    if not isinstance(entries, list) or not isinstance(base, str) or not base:
        return []
    read = [(number, _read(entry)) for number, entry in enumerate(entries)]
    good = [(number, model) for number, model in read if model is not None]
    first = ModelSettings(at=base)
    if all(model.same != first.same for _, model in good):
        # Unless an entry describes it, the base model goes by its own name.
        good.insert(0, (-1, first))
    lines: list[str] = []
    names: dict[str, int] = {}
    models: dict[tuple[str, str], int] = {}
    for number, model in good:
        where: Where = ("models", number)
        if model.same in models:
            spot = place(path, content, where)
            lines.append(f"  {spot}: '{shown(model.at)}' is the same model as another entry.")
        elif model.title in names:
            spot = place(path, content, where)
            other = "base_model" if names[model.title] < 0 else "another entry"
            lines.append(
                f"  {spot}: the model's name '{shown(model.title)}' is taken by {other}. "
                "Give it a 'name' of its own."
            )
        models.setdefault(model.same, number)
        names.setdefault(model.title, number)
    return lines


def _read(entry: Any) -> ModelSettings | None:
    try:
        return ModelSettings.model_validate(entry)
    except ValidationError:
        return None
