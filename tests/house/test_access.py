"""Every verb of the SDK that can write an audit event names its action, found by reading source.

A function writes when it, or any function of the lifecycle that it names, opens a change or notes
an event. So a new verb that changes something fails here until it says what it is.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import tuneworthy.lifecycle
from tuneworthy.govern import RULES, Action
from tuneworthy.workspace import Workspace

FOLDER = Path(tuneworthy.lifecycle.__file__).parent
WRITES = {"change", "note", "record", "remember", "once"}
"""Methods of runtime and store that append to the audit chain, or to recorded traffic."""

BY_ITSELF = {"close"}
"""What the program does unasked: at the end it signs a checkpoint that is due."""

Function = tuple[str, str]

NONE: tuple[frozenset[Function], bool, bool] = (frozenset(), False, False)


@cache
def graph() -> dict[Function, tuple[frozenset[Function], bool, bool]]:
    """Each function of the lifecycle: what it names, whether it writes, and whether it asks."""
    found: dict[Function, tuple[frozenset[Function], bool, bool]] = {}
    for path in sorted(FOLDER.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        modules, names = imports(tree)
        own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                uses, writes, asks = looked_at(node, path.stem, own, modules, names)
                old = found.get((path.stem, node.name), NONE)
                merged = (old[0] | uses, old[1] or writes, old[2] or asks)
                found[path.stem, node.name] = merged
    return found


def imports(tree: ast.Module) -> tuple[dict[str, str], dict[str, Function]]:
    modules, names = {}, {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for one in node.names:
                called = one.asname or one.name
                if node.module == "tuneworthy.lifecycle":
                    modules[called] = one.name
                elif node.module.startswith("tuneworthy.lifecycle."):
                    names[called] = (node.module.rsplit(".", 1)[1], one.name)
    return modules, names


def looked_at(
    function: ast.FunctionDef,
    module: str,
    own: set[str],
    modules: dict[str, str],
    names: dict[str, Function],
) -> tuple[frozenset[Function], bool, bool]:
    uses: set[Function] = set()
    writes = asks = False
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute):
            holder = node.value.id if isinstance(node.value, ast.Name) else ""
            if holder in modules:
                uses.add((modules[holder], node.attr))
                asks |= (modules[holder], node.attr) == ("access", "require")
            elif node.attr in WRITES and ast.unparse(node.value) in HOLDERS:
                writes = True
            elif holder == "self" and node.attr in own:
                uses.add((module, node.attr))
        elif isinstance(node, ast.Name):
            asks |= node.id == "authorise"
            if node.id in names:
                uses.add(names[node.id])
            elif node.id in own:
                uses.add((module, node.id))
    return frozenset(uses), writes, asks


HOLDERS = {"runtime", "runtime.store", "self._runtime", "self._runtime.store", "store"}


def reach(start: Function) -> Iterator[tuple[bool, bool]]:
    seen, todo = {start}, [start]
    while todo:
        uses, writes, asks = graph().get(todo.pop(), NONE)
        yield writes, asks
        new = uses - seen
        seen |= new
        todo += new


def verbs() -> Iterator[tuple[str, Function]]:
    for kind in Workspace.__mro__[:-1]:
        for name, value in vars(kind).items():
            if not name.startswith("_") and not isinstance(value, property):
                yield name, (kind.__module__.rsplit(".", 1)[1], name)


def test_every_verb_that_writes_names_its_action() -> None:
    unnamed = []
    for name, function in verbs():
        writes = any(wrote for wrote, _ in reach(where(function)))
        named = isinstance(getattr(getattr(Workspace, name), "action", None), Action)
        if writes and not named and name not in BY_ITSELF:
            unnamed.append(name)
    assert not unnamed, f"name their action with @needs(...): {unnamed}"


def test_a_verb_that_asks_inside_reaches_the_question() -> None:
    inside = [
        (name, function)
        for name, function in verbs()
        if getattr(getattr(Workspace, name), "asks_inside", False)
    ]
    assert len(inside) >= 10
    silent = [name for name, function in inside if not any(a for _, a in reach(where(function)))]
    assert not silent


def test_what_is_asked_for_has_a_rule() -> None:
    asked = {getattr(getattr(Workspace, name), "action", None) for name, _ in verbs()} - {None}
    assert asked <= set(RULES)


def test_the_reading_finds_what_writes() -> None:
    """The graph is worth something: what is known to write is found, what only reads is not."""
    for writer in (("datasets", "build"), ("gates", "decide"), ("rollouts", "end")):
        assert any(wrote for wrote, _ in reach(writer)), writer
    for reader in (("training", "versions"), ("lineage", "diff"), ("gates", "states")):
        assert not any(wrote for wrote, _ in reach(reader)), reader


def where(function: Function) -> Function:
    """A verb of the workspace stands outside the lifecycle folder and is read in beside it."""
    if function[0] == "workspace" and function not in graph():
        tree = ast.parse((FOLDER.parent / "workspace.py").read_text(encoding="utf-8"))
        modules, names = imports(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                graph()["workspace", node.name] = looked_at(
                    node, "workspace", set(), modules, names
                )
    return function
