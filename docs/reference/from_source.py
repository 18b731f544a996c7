"""Reads the program's source for the reference pages: problems, refusals, dropped rows, checks."""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tuneworthy
from tuneworthy.core import errors
from tuneworthy.core.errors import Problem
from tuneworthy.data import checks

PACKAGE = Path(inspect.getfile(tuneworthy)).parent


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Text as code, or nothing."""
    return f"`{text}`" if text else ""


def marked(text: str) -> str:
    """A docstring's double back quotes as Markdown's single ones."""
    return re.sub(r"``([^`]*)``", r"`\1`", text)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# -- errors -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raised:
    """One place in the source where a problem is made."""

    code: str
    kind: str
    message: str
    fix: str


def problems() -> str:
    """Every problem code with its exit code, message and fix, read from the source."""
    kinds = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, Problem)
    }
    rows = []
    for found in _unique(_raised(set(kinds), at=0)):
        rows.append([code(found.code), str(kinds[found.kind].exit_code), found.message, found.fix])
    return table(["Code", "Exit", "Message", "Fix"], rows)


def refusals() -> str:
    """Every answer of the gateway that is not a success, with its HTTP status."""
    rows = [
        [code(found.code), found.kind, found.message, found.fix]
        for found in _unique(_raised({"RefusedError", "UpstreamError"}, at=1))
    ]
    return table(["Code", "Status", "Message", "Fix"], rows)


def _unique(found: Iterable[Raised]) -> list[Raised]:
    """One row a code and message, sorted."""
    return sorted(
        {(one.code, one.message): one for one in found}.values(),
        key=lambda one: (one.code, one.message),
    )


def _raised(names: set[str], at: int) -> Iterator[Raised]:
    """Calls of the named classes whose code (argument ``at``) is a literal."""
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id not in names or len(node.args) < at + 2:
                continue
            code, message = node.args[at], node.args[at + 1]
            if not (isinstance(code, ast.Constant) and isinstance(code.value, str)):
                continue
            fixes = [word.value for word in node.keywords if word.arg == "fix"]
            fixes += node.args[at + 2 : at + 3]
            kind = node.func.id if at == 0 else _text(node.args[0])
            yield Raised(code.value, kind, _text(message), _text(fixes[0]) if fixes else "")


def _text(node: ast.AST) -> str:
    """A string expression as a person would read it; what is filled in stands in braces."""
    match node:
        case ast.Constant():
            return str(node.value)
        case ast.JoinedStr():
            return "".join(map(_text, node.values))
        case ast.FormattedValue():
            return _filled(node.value)
        case ast.BinOp(op=ast.Add()):
            return _text(node.left) + _text(node.right)
        case ast.IfExp():
            return _text(node.body)
        case _:
            return _filled(node)


def _filled(node: ast.AST) -> str:
    if isinstance(node, ast.IfExp | ast.Constant):
        return _text(node)
    if isinstance(node, ast.Name):
        return "{" + node.id + "}"
    if isinstance(node, ast.Attribute):
        return "{" + (node.attr if node.attr not in ("value", "id") else _last(node.value)) + "}"
    return "{...}"


def _last(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "...")


def sources() -> list[Path]:
    """Every file of the program."""
    return sorted(PACKAGE.rglob("*.py"))


# -- data -------------------------------------------------------------------------------------


def drops() -> str:
    """Every code under which a row is dropped, with its reason, read from the source."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((PACKAGE / "data").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        texts = _named_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                _note_drop(node.func.id, node, texts, found)
    rows = [[code(name), "; ".join(dict.fromkeys(said))] for name, said in sorted(found.items())]
    return table(["Code", "Reason"], rows)


_PLACES = {"RowError": (0, 2), "RawRow": (2, 3), "dropped": (2, 3)}
"""Which arguments of a call are the code and the reason."""


def _note_drop(
    name: str,
    call: ast.Call,
    texts: Mapping[str, Sequence[tuple[int, ast.expr]]],
    found: dict[str, list[str]],
) -> None:
    if name not in _PLACES or len(call.args) <= _PLACES[name][1]:
        return
    name_node, reason = (call.args[place] for place in _PLACES[name])
    if not (isinstance(name_node, ast.Constant) and name_node.value):
        return
    if isinstance(reason, ast.Name):
        before = [text for line, text in texts.get(reason.id, ()) if line < call.lineno]
        reason = before[-1] if before else reason
    said = _text(reason).replace("{...}", "...")
    found[str(name_node.value)].append(said)


def _named_texts(tree: ast.AST) -> dict[str, list[tuple[int, ast.expr]]]:
    """Every plain assignment, by name, with its line."""
    found: dict[str, list[tuple[int, ast.expr]]] = defaultdict(list)
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id].append((node.lineno, node.value))
    return {name: sorted(all_, key=lambda one: one[0]) for name, all_ in found.items()}


def findings() -> str:
    """Every check of rows, in the order in which they run."""
    rows = [
        [f"`{check.code}`", check.severity, marked(check.message), marked(check.fix)]
        for check in (*checks.ROW_CHECKS, *checks.WHOLE_CHECKS)
    ]
    return table(["Code", "Severity", "Found when", "Way out"], rows)
