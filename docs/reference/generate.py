"""Writes the reference pages from the program itself; cog calls it from inside each page."""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import click
from annotated_types import Ge, Gt, Le, Lt, MinLen
from from_source import (
    PACKAGE,
    code,
    marked,
    sources,
    table,
)
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

import tuneworthy
from tuneworthy.assess import BESIDES, FACTORS, QUESTIONS, shipped_rubric
from tuneworthy.cli.main import COMMANDS, LazyGroup, cli
from tuneworthy.cli.start import EXIT_CODES
from tuneworthy.config.project_file import ALIASES
from tuneworthy.core.nouns.checkpoint import AuditSettings, MailSettings
from tuneworthy.core.nouns.collecting import CollectSettings
from tuneworthy.core.nouns.document import SIGNERS, signers
from tuneworthy.core.nouns.guards import GuardLimits
from tuneworthy.core.nouns.judge_settings import JudgeSettings
from tuneworthy.core.nouns.model_settings import ModelSettings
from tuneworthy.core.nouns.notice import NotifyPlace, NotifySettings
from tuneworthy.core.nouns.people import Role
from tuneworthy.core.nouns.project import (
    Answers,
    GatewaySettings,
    MonitorSettings,
    Project,
    RolloutSettings,
    Source,
    SplitSettings,
    Supplier,
)
from tuneworthy.core.nouns.recognising import RecogniserSettings
from tuneworthy.core.nouns.requirements import Limits, Prices, Style, Term
from tuneworthy.core.nouns.run import TrainSettings
from tuneworthy.core.nouns.suite import Arm
from tuneworthy.evaluate import SPECS
from tuneworthy.govern import load_policy
from tuneworthy.lifecycle.assess_verbs import AssessVerbs
from tuneworthy.lifecycle.cadence_verbs import CadenceVerbs
from tuneworthy.lifecycle.data_verbs import DataVerbs
from tuneworthy.lifecycle.erase_verbs import EraseVerbs
from tuneworthy.lifecycle.eval_verbs import EvalVerbs
from tuneworthy.lifecycle.gate_verbs import GateVerbs
from tuneworthy.lifecycle.govern_verbs import GovernVerbs
from tuneworthy.lifecycle.label_verbs import LabelVerbs
from tuneworthy.lifecycle.passkey_verbs import PasskeyVerbs
from tuneworthy.lifecycle.review_verbs import ReviewVerbs
from tuneworthy.lifecycle.serve_verbs import ServeVerbs
from tuneworthy.lifecycle.watch_verbs import WatchVerbs
from tuneworthy.workspace import Workspace

WIDTH = 80

FACES: dict[type, str] = {
    Workspace: "the object",
    AssessVerbs: "assess and advise",
    DataVerbs: "data",
    EraseVerbs: "erase and keep",
    EvalVerbs: "evaluate",
    GovernVerbs: "govern",
    LabelVerbs: "label",
    ReviewVerbs: "blind judging by people",
    GateVerbs: "people and gates",
    PasskeyVerbs: "passkeys",
    ServeVerbs: "serve",
    WatchVerbs: "monitor and improve",
    CadenceVerbs: "duties, alerts, programme",
}
"""The parts of a workspace, and the heading of what has none in its source."""


# -- commands ---------------------------------------------------------------------------------


def commands() -> str:
    """Every command with its help, as printed."""
    group = LazyGroup()
    top = click.Context(cli, info_name="tuneworthy", terminal_width=WIDTH, max_content_width=WIDTH)
    parts = ["## tuneworthy\n\n```text\n" + _plain(cli.get_help(top)) + "\n```\n"]
    for name in COMMANDS:
        command = group.get_command(top, name)
        if command is None:
            continue
        parts += _helps(command, name, top, 2)
    return "\n".join(parts)


def _helps(command: click.Command, name: str, parent: click.Context, depth: int) -> list[str]:
    """The help of a command and of all that stand below it."""
    parts = [_help(command, name, parent, depth)]
    if isinstance(command, click.Group):
        inner = click.Context(command, info_name=name, parent=parent, terminal_width=WIDTH)
        for verb, one in command.commands.items():
            parts += _helps(one, verb, inner, depth + 1)
    return parts


def _help(command: click.Command, name: str, parent: click.Context, depth: int) -> str:
    context = click.Context(
        command, info_name=name, parent=parent, terminal_width=WIDTH, max_content_width=WIDTH
    )
    title = context.command_path
    return f"{'#' * depth} {title}\n\n```text\n{_plain(command.get_help(context))}\n```\n"


def _plain(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.splitlines())


def exit_codes() -> str:
    """The exit codes, as ``tuneworthy help exit-codes`` prints them."""
    return f"```text\n{EXIT_CODES}\n```\n"


# -- settings ---------------------------------------------------------------------------------


def settings() -> str:
    """Every setting of tuneworthy.yaml, part by part."""
    comments = _template_comments()
    parts: list[tuple[str, type[BaseModel], dict[str, str]]] = [
        ("The file", Project, {"id": "name"}),
        ("Each of `sources`", Source, {}),
        ("`supplier`", Supplier, {}),
        ("`guards`", GuardLimits, {}),
        ("`split`", SplitSettings, {}),
        ("`training`", TrainSettings, {}),
        ("`rollout`", RolloutSettings, {}),
        ("`monitor`", MonitorSettings, {}),
        ("`gateway`", GatewaySettings, {}),
        ("`collect`", CollectSettings, {}),
        ("`audit`", AuditSettings, {}),
        ("`mail` of `audit`", MailSettings, {}),
        ("`notify`", NotifySettings, {}),
        ("Each of `to` of `notify`", NotifyPlace, {}),
        ("Each of `models`, and `challenger`", ModelSettings, {}),
        ("Each of `judges`", JudgeSettings, {}),
        ("Each of `recognisers`", RecogniserSettings, {}),
        ("`limits`", Limits, {}),
        ("`prices`", Prices, {}),
        ("Each of `terms`", Term, {}),
        ("`style`", Style, {}),
    ]
    found = []
    for title, model, names in parts:
        found.append(f"### {title}\n\n{_doc(model)}\n\n{_fields(model, names, comments)}")
    return "\n".join(found)


def aliases() -> str:
    """Training settings under the names that other tools gave them."""
    return table(["Written", "Read as"], [[code(a), code(b)] for a, b in ALIASES.items()])


def arms() -> str:
    """The fields of one entry of prompts.yaml."""
    return f"{_doc(Arm)}\n\n{_fields(Arm, {}, {}, skip=('id',))}"


def answers() -> str:
    """The parts of answers.yaml, then every question with its id."""
    asked = [[code(f.id), f.text] for f in FACTORS]
    asked += [[code(q.id), q.text] for q in (*QUESTIONS, *BESIDES)]
    return _fields(Answers, {}, {}) + "\n" + table(["Id", "Question"], asked)


def roles() -> str:
    """Every role, and the gates it decides."""
    policy = load_policy()
    rows = []
    for role in Role:
        gates = [gate.value for gate, rule in policy.gates.items() if role in rule.roles]
        rows.append([code(role.value), ", ".join(gates) or "none"])
    return table(["Role", "Decides on"], rows)


def environment() -> str:
    """Every environment variable that the source reads."""
    seen: dict[str, set[str]] = defaultdict(set)
    for path in sources():
        for name in re.findall(r"\"(TUNEWORTHY_[A-Z_]+)\"", path.read_text("utf-8")):
            seen[name].add(path.relative_to(PACKAGE).as_posix())
    rows = [[code(name), ", ".join(sorted(where))] for name, where in sorted(seen.items())]
    return table(["Variable", "Read in"], rows)


def _fields(
    model: type[BaseModel],
    names: dict[str, str],
    comments: dict[str, str],
    skip: Sequence[str] = (),
) -> str:
    said = _field_docs(model)
    rows = []
    for name, field in model.model_fields.items():
        if name in skip:
            continue
        shown = names.get(name, name)
        about = said.get(name, "") or (comments.get(shown, "") if model is Project else "")
        rows.append([code(shown), _type(field.annotation, field.metadata), _default(field), about])
    return table(["Name", "Value", "Default", "About"], rows)


def _type(annotation: Any, metadata: Sequence[Any]) -> str:
    text = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    text = text.replace("typing.", "").replace("NoneType", "None")
    text = re.sub(r"tuneworthy\.[\w.]+\.", "", text)
    text = re.sub(r"Annotated\[(\w+), FieldInfo\(.*?\)\]\)\]", r"\1", text)
    text = re.sub(r"tuple\[(\w+), \.\.\.\]", r"list of \1", text)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        text = "see below"
    if found := re.fullmatch(r"Literal\[(.*)\]", text):
        text = ", ".join(f"`{one}`" for one in re.findall(r"'([^']*)'", found[1]))
    signs = {
        Ge: ("ge", "at least"),
        Gt: ("gt", "above"),
        Le: ("le", "at most"),
        Lt: ("lt", "below"),
    }
    bounds = [
        f"{word} {getattr(one, attribute)}"
        for one in metadata
        for kind, (attribute, word) in signs.items()
        if isinstance(one, kind)
    ]
    bounds += [f"at least {one.min_length}" for one in metadata if isinstance(one, MinLen)]
    return text + (f" ({', '.join(bounds)})" if bounds else "")


def _default(field: Any) -> str:
    if field.default_factory is not None:
        return code(repr(field.default_factory()))
    if field.default is PydanticUndefined:
        return "must be given"
    if isinstance(field.default, BaseModel):
        return "see below"
    return code(repr(field.default)) if field.default != "" else "empty"


def _doc(model: type) -> str:
    return marked(inspect.cleandoc(model.__doc__ or ""))


def _field_docs(model: type[BaseModel]) -> dict[str, str]:
    """The text that stands below each field in the source."""
    body = ast.parse(inspect.cleandoc("\n" + inspect.getsource(model))).body[0]
    found: dict[str, str] = {}
    last = ""
    for node in getattr(body, "body", []):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            last = node.target.id
        elif last and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found[last] = marked(str(node.value.value))
            last = ""
        else:
            last = ""
    return found


def _template_comments() -> dict[str, str]:
    """What the project file of ``tuneworthy init`` says behind each setting."""
    text = (files("tuneworthy.lifecycle") / "examples" / "blank" / "tuneworthy.yaml").read_text()
    return dict(re.findall(r"^(\w+):[^#\n]*#\s*(.+)$", text, re.M))


# -- metrics ----------------------------------------------------------------------------------


def metrics() -> str:
    """Every metric: what it scores, its options, its source, and what it cannot see."""
    parts = []
    for spec in SPECS.values():
        facts = [
            f"- Source: {spec.source}",
            f"- Cannot see: {spec.blind}",
            f"- Scores: {'0 or 1' if spec.kind == 'binary' else 'anything from 0 to 1'}"
            + (f". A case needs: {spec.needs}." if spec.needs else "."),
        ]
        if spec.figures is not None:
            facts.append(f"- Over all cases: {marked(_first(spec.figures))}")
        if spec.summary is not None:
            facts.append(f"- Over all cases: {marked(_first(spec.summary))}")
        fields = spec.options.model_fields.items()
        aliases = {name: field.alias for name, field in fields if field.alias}
        table_ = f"\n{_fields(spec.options, aliases, {})}" if spec.options.model_fields else ""
        parts.append(f"### {spec.name}\n\n{spec.scores}\n\n" + "\n".join(facts) + f"\n{table_}")
    return "\n".join(parts)


# -- evidence ---------------------------------------------------------------------------------


def rubric() -> str:
    """The six areas, level by level."""
    found = shipped_rubric()
    parts = []
    for area in found.dimensions:
        rows = [
            [
                str(p.level),
                p.text,
                code(p.about),
                p.grade.value,
                code(p.command) or "nothing produces it yet",
            ]
            for p in found.of(area.id)
        ]
        head = ["Level", "What must hold", "Evidence", "Least grade", "Command"]
        parts.append(f"### {area.id} {area.name} (target {area.target})\n\n{table(head, rows)}")
    return "\n".join(parts)


def gates() -> str:
    """The four gates of the policy."""
    policy = load_policy()
    parts = [f"An approval stands for {policy.valid_days} days at most.\n"]
    for gate, rule in policy.gates.items():
        rows = [
            [code(r.about), r.subject, r.grade.value, "yes" if r.signed else "", _wanted(r.where)]
            for r in rule.requires
        ]
        who = ", ".join(role.value.replace("_", " ") for role in rule.roles)
        more = " The trainer may not decide." if rule.not_the_trainer else ""
        if rule.countersigner:
            more += f" The {rule.countersigner.value.replace('_', ' ')} signs last."
        if rule.shows:
            more += f" Shown beside it, not required: {', '.join(map(code, rule.shows))}."
        head = ["Evidence", "About", "Least grade", "Signed", "Its result must say"]
        parts.append(f"### {gate.value}\n\nDecides: {who}.{more}\n\n{table(head, rows)}")
    return "\n".join(parts)


def documents() -> str:
    """Who may sign which document."""
    rows = [[code(name), signers(name)] for name in SIGNERS]
    return table(["Document", "Signed by a"], rows)


def _wanted(conditions: Sequence[str]) -> str:
    return ", ".join(code(condition) for condition in conditions)


# -- SDK --------------------------------------------------------------------------------------


def door() -> str:
    """What ``import tuneworthy`` offers."""
    rows = []
    for name in tuneworthy.__all__:
        item = getattr(tuneworthy, name)
        if inspect.isfunction(item):
            rows.append([code(_signature(name, item)), _first(item)])
    return table(["Function", "What it does"], rows)


def workspace() -> str:
    """Every method and property of the workspace, under the headings of its source."""
    found = {title: rows for kind in FACES for title, rows in _methods(kind).items()}
    return "\n".join(
        f"### {title.capitalize()}\n\n{table(['Name', 'What it does'], rows)}"
        for title, rows in found.items()
    )


def _methods(kind: type) -> dict[str, list[list[str]]]:
    """Names and first sentences of what a class offers, by the headings of its source."""
    text = inspect.getsource(kind)
    titles = [
        (text[: found.start()].count("\n"), found[1].strip())
        for found in re.finditer(r"^    # -- (.+?) -+$", text, re.M)
    ]
    parts: dict[str, list[list[str]]] = defaultdict(list)
    body = ast.parse(text).body[0]
    for node in getattr(body, "body", []):
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        item = inspect.getattr_static(kind, node.name)
        first = FACES[kind]
        title = next((name for line, name in reversed(titles) if line < node.lineno), first)
        shown = node.name
        if isinstance(item, property):
            item = item.fget
        else:
            shown = _signature(node.name, item)
        parts[title].append([code(shown), _first(item)])
    return parts


def _signature(name: str, item: Any) -> str:
    found = inspect.signature(item)
    kept = [p for p in found.parameters.values() if p.name != "self"]
    text = re.sub(r"[\w.]+\.(\w+)", r"\1", str(found.replace(parameters=kept)))
    return name + re.sub(r" = <function (\w+) at [^>]+>", "", text).replace("'", '"')


def _first(item: Any) -> str:
    return marked((inspect.getdoc(item) or "").split("\n\n")[0])
