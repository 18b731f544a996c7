"""tuneworthy.yaml and the files beside it, as nouns."""

from pathlib import Path
from typing import Any

from tuneworthy.config.faults import build
from tuneworthy.config.yaml_file import plain, read_yaml
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.suite import Arm

FILE = "tuneworthy.yaml"

ALIASES = {
    # Axolotl
    "micro_batch_size": "per_device_train_batch_size",
    "num_epochs": "num_train_epochs",
    "sequence_len": "max_length",
    "lr_scheduler": "lr_scheduler_type",
    # LLaMA-Factory
    "lora_rank": "lora_r",
    "cutoff_len": "max_length",
}
"""Training settings under the names other tools gave them."""


def find_project(start: Path) -> Path:
    """The nearest folder, from ``start`` upwards, that holds tuneworthy.yaml.

    Raises:
        ConfigProblem: There is none.
    """
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise ConfigProblem(
        "no_project",
        f"There is no {FILE} in {start} or above it.",
        fix="tuneworthy init --example tools, or: tuneworthy -C DIR ...",
    )


def load_project(folder: Path) -> Project:
    """The checked project in ``folder``; every fault is reported at once.

    Raises:
        ConfigProblem: With file:line:column for each fault.
    """
    path = folder / FILE
    content = read_yaml(path, make="tuneworthy init")
    values = plain(content)
    if isinstance(values.get("training"), dict):
        values["training"] = {
            ALIASES.get(name, name): value for name, value in values["training"].items()
        }
    values.setdefault("id", values.pop("name", None))
    if values["id"] is None:
        del values["id"]
    return build(Project, values, path, content)


def load_answers(folder: Path, project: Project) -> Answers:
    """What people typed in; an absent file is no answers at all."""
    path = folder / project.answers
    if not path.exists():
        return Answers()
    content = read_yaml(path, make="tuneworthy init")
    return build(Answers, plain(content), path, content)


def load_arms(folder: Path, project: Project) -> list[Arm]:
    """The alternatives to run, in the file's order, each with its name as id.

    Raises:
        ConfigProblem: A fault in the file, or two arms with one name.
    """
    path = folder / project.prompts
    content = read_yaml(path, make="tuneworthy init --example tools shows one")
    arms: list[Arm] = []
    for name, values in plain(content).items():
        if not isinstance(values, dict):
            raise ConfigProblem(
                "bad_settings",
                f"{path}: '{name}' must be a mapping.",
                fix="Give it at least 'arm:' and 'user:'.",
            )
        arms.append(build(Arm, {"id": name, **values}, path, content.get(name, content)))
    return arms


def load_people(folder: Path, project: Project) -> list[Person]:
    """The named people; their private keys are never in this file."""
    path = folder / project.people
    if not path.exists():
        return []
    content = read_yaml(path, make="tuneworthy people add NAME --role ROLE")
    people = []
    for id_, values in plain(content).items():
        people.append(build(Person, {"id": id_, **_as_dict(values)}, path, content.get(id_, {})))
    return people


def _as_dict(values: Any) -> dict[str, Any]:
    return values if isinstance(values, dict) else {}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of tuneworthy.yaml, for editors."""
    schema = Project.model_json_schema()
    schema["title"] = FILE
    properties = schema["properties"]
    properties["name"] = properties.pop("id")
    schema["required"] = ["name" if item == "id" else item for item in schema["required"]]
    return schema


__all__ = [
    "ALIASES",
    "FILE",
    "find_project",
    "json_schema",
    "load_answers",
    "load_arms",
    "load_people",
    "load_project",
]
