"""tuneworthy.yaml and the files beside it, as nouns."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml.comments import CommentedMap

from tuneworthy.config.faults import Where, build, did_you_mean, listed, shown
from tuneworthy.config.metric_faults import OptionsOf, bad_options
from tuneworthy.config.model_faults import bad_models
from tuneworthy.config.yaml_file import place, place_of_key, plain, read_yaml
from tuneworthy.core.errors import ConfigProblem
from tuneworthy.core.nouns.base import Noun
from tuneworthy.core.nouns.people import Person
from tuneworthy.core.nouns.project import Answers, Project
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.methods.cron import is_cron

N = TypeVar("N", bound=Noun)

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
    if not start.is_dir():
        raise ConfigProblem(
            "no_folder",
            f"There is no folder {start}.",
            fix="Name the project's folder: tuneworthy -C DIR ...",
        )
    for folder in (start, *start.parents):
        if (folder / FILE).is_file():
            return folder
    raise ConfigProblem(
        "no_project",
        f"There is no {FILE} in {start} or above it.",
        fix="tuneworthy init --example tools, or: tuneworthy -C DIR ...",
    )


def load_project(folder: Path, options_of: OptionsOf | None = None) -> Project:
    """The checked project in ``folder``; every fault is reported at once.

    Args:
        folder: Where tuneworthy.yaml stands.
        options_of: Knows each metric's options; without it ``metric_options`` are not looked at.

    Raises:
        ConfigProblem: With file:line:column for each fault.
    """
    path = folder / FILE
    content = read_yaml(path, make="tuneworthy init")
    values, twice, spelled = _renamed(plain(content), {"name": "id"}, path, content, ())
    spelled.setdefault(("id",), "name")
    if isinstance(training := values.get("training"), dict):
        where: Where = ("training",)
        values["training"], more, names = _renamed(training, ALIASES, path, content, where)
        twice, spelled = twice + more, spelled | names
    more = [*twice, *_bad_schedule(values.get("monitor"), path, content)]
    more += bad_models(values, path, content)
    if options_of is not None:
        options = values.get("metric_options", {})
        at: Where = ("metric_options",)
        more += bad_options(values.get("metric"), options, options_of, path, content, at)
    return build(Project, values, path, content, spelled=spelled, more=more)


def _bad_schedule(monitor: Any, path: Path, content: Any) -> list[str]:
    schedule = monitor.get("schedule") if isinstance(monitor, dict) else None
    if not schedule or not isinstance(schedule, str) or is_cron(schedule):
        return []
    spot = place(path, content, ("monitor", "schedule"))
    return [
        f"  {spot}: monitor.schedule is '{shown(schedule)}'. It must be a cron expression of five "
        "fields (minute hour day month weekday, UTC), such as '0 6 * * *'."
    ]


def _renamed(
    values: dict[str, Any], names: Mapping[str, str], path: Path, content: Any, where: Where
) -> tuple[dict[str, Any], list[str], dict[Where, str]]:
    """Values under our names, the settings that stand there twice, and how the file spells them."""
    renamed: dict[str, Any] = {}
    twice: list[str] = []
    spelled: dict[Where, str] = {}
    for name, value in values.items():
        ours = names.get(name, name)
        if ours in renamed:
            other = spelled[*where, ours]
            spot = place_of_key(path, content, (*where, name))
            twice.append(f"  {spot}: '{shown(name)}' and '{shown(other)}' are the same setting.")
            continue
        renamed[ours], spelled[*where, ours] = value, name
    return renamed, twice, spelled


def load_answers(folder: Path, project: Project, known: Collection[str] = ()) -> Answers:
    """What people typed in; an absent file is no answers at all.

    Args:
        folder: The project's folder.
        project: It names the file.
        known: The ids that may stand under ``questions``; without them any may.

    Raises:
        ConfigProblem: With file:line:column for each fault, unknown ids among them.
    """
    path = folder / project.answers
    if not path.exists():
        return Answers()
    content = read_yaml(path, make="tuneworthy init", may_be_empty=True)
    values = plain(content)
    more = _unknown_questions(values.get("questions"), known, path, content) if known else []
    return build(Answers, values, path, content, more=more)


def _unknown_questions(
    questions: Any, known: Collection[str], path: Path, content: Any
) -> list[str]:
    """A line for each id that is no question, with the nearest one."""
    names = [str(name) for name in questions] if isinstance(questions, dict) else []
    return [
        f"  {place_of_key(path, content, ('questions', name))}: there is no question "
        f"'{shown(name)}'.{did_you_mean(name.upper(), sorted(known)) or did_you_mean(name, known)}"
        for name in names
        if name not in known
    ]


def load_arms(folder: Path, project: Project) -> list[Arm]:
    """The alternatives to run, in the file's order, each with its name as id.

    Raises:
        ConfigProblem: Every fault in the file, each with its place.
    """
    path = folder / project.prompts
    content = read_yaml(path, make="tuneworthy init --example tools shows one")
    return _each(Arm, path, content, "Give it at least 'arm:' and 'user:'.")


def load_people(folder: Path, project: Project) -> list[Person]:
    """The named people; their private keys are never in this file."""
    path = folder / project.people
    if not path.exists():
        return []
    content = read_yaml(
        path, make="tuneworthy people add PERSON NAME --role ROLE", may_be_empty=True
    )
    return _each(Person, path, content, "Give them 'name:', 'roles:' and 'public_key:'.")


def _each(model: type[N], path: Path, content: CommentedMap, needs: str) -> list[N]:
    """One noun for each entry, its name as the id; the faults of all entries at once."""
    made: list[N] = []
    lines: list[str] = []
    for name, inner in content.items():
        if isinstance(inner, CommentedMap):
            try:
                made.append(build(model, {**plain(inner), "id": str(name)}, path, inner))
            except ConfigProblem as fault:
                lines += [
                    line.replace(": ", f": {shown(str(name))}: ", 1)
                    for line in fault.message.split("\n")[1:]
                ]
        else:
            spot = place_of_key(path, content, (name,))
            lines.append(f"  {spot}: '{shown(str(name))}' must be a mapping. {needs}")
    if lines:
        raise listed(path, lines)
    return made


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
