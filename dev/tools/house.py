"""make house: numbers of the structure, each with its limit and its target.

When a number falls its limit must be lowered: tests/dev/tools/test_house.py checks that.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from dev.tools.counts import Number, show

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers/common"
PACKAGES = {"payments": LAYER, "gateway_simulators": ROOT / "packages/gateway-simulators", "dev": ROOT}
PARAMETERS_MAX, LINES_MAX = 5, 300
_SIMULATORS = PACKAGES["gateway_simulators"] / "gateway_simulators"
_HTTP = frozenset({"render", "base_url", "Reply", "http_status", "route", "status_code"})


def numbers() -> list[Number]:
    from dev.tools.gateway import LINES

    usecases = LAYER / "payments/usecases"
    return [
        Number(f"use cases with more than {PARAMETERS_MAX} parameters", tuple(crowded(usecases)), 0, 0),
        Number("use cases that know of HTTP", tuple(of_http(usecases)), 0, 0),
        Number("modules besides commit.py that save a change", tuple(saving(LAYER / "payments")), 0, 0),
        Number("modules outside the domain that make a change", tuple(making_changes(LAYER / "payments")), 0, 0),
        Number(
            f"modules that ship with more than {LINES_MAX} lines", tuple(long_modules(LAYER, ROOT / "functions")), 0, 0
        ),
        Number("arrows between the folders of use cases", tuple(arrows(usecases, "payments.usecases")), 15, 15),
        Number("circles of imports", tuple(circles(PACKAGES)), 0, 0),
        Number("arrows from one simulator to another", tuple(between_simulators(_SIMULATORS)), 0, 0),
        Number(
            "modules below the edges with imports beyond the standard library",
            tuple(foreign(LAYER / "payments/domain", usecases)),
            0,
            0,
        ),
        Number("shared files that a new gateway touches", tuple(dict.fromkeys(line.path for line in LINES)), 3, 3),
        Number("shared files that a new kind of due rows touches", tuple(listing_due_kinds(LAYER / "payments")), 2, 2),
    ]


def crowded(folder: Path) -> Iterator[str]:
    """Functions with more parameters than PARAMETERS_MAX."""
    for path, tree in _trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if sum(each.arg not in ("self", "cls") for each in given) > PARAMETERS_MAX:
                    yield f"{path.stem}.{node.name}"


def of_http(folder: Path) -> Iterator[str]:
    for path, tree in _trees(folder):
        names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        if names & _HTTP:
            yield path.stem


def saving(folder: Path) -> Iterator[str]:
    """Modules with a call of any method `save`, without `usecases/commit.py`."""
    for path, tree in _trees(folder):
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        is_saving = any(isinstance(call, ast.Attribute) and call.attr == "save" for call in calls)
        if is_saving and path != folder / "usecases/commit.py":
            yield path.stem


def making_changes(folder: Path) -> Iterator[str]:
    for path, tree in _trees(folder):
        imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
        names = {each.asname or each.name for node in imports for each in node.names if each.name == "Change"}
        calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
        is_made = any(ast.unparse(call) in names or ast.unparse(call).endswith(".Change") for call in calls)
        if is_made and "domain" not in path.parts:
            yield path.stem


def long_modules(*folders: Path) -> Iterator[str]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            if len(path.read_text().splitlines()) > LINES_MAX:
                yield str(path.relative_to(folder))


def listing_due_kinds(folder: Path) -> Iterator[str]:
    """Modules that import kinds of due rows from the nouns' modules, and those with a table of the kinds' names."""
    trees = list(_trees(folder))
    kinds = {_dotted(path, folder.parent): name for path, tree in trees for name in _due_kinds(tree)}
    for path, tree in trees:
        imports = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        keys = [_constants(node.keys) for node in ast.walk(tree) if isinstance(node, ast.Dict)]
        if imports & set(kinds) or any(kinds and set(kinds.values()) <= found for found in keys):
            yield str(path.relative_to(folder))


def _due_kinds(tree: ast.Module) -> Iterator[object]:
    """The names of the kinds that a module defines."""
    for node in tree.body:
        call = node.value if isinstance(node, ast.Assign) else None
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "DueKind":
            yield from _constants(call.args[:1])


def _constants(nodes: Iterable[ast.expr | None]) -> set[object]:
    return {node.value for node in nodes if isinstance(node, ast.Constant)}


def arrows(folder: Path, package: str) -> Iterator[str]:
    """Pairs of folders of which one imports the other. Modules beside the folders may be imported by all of them."""
    folders = {each.name for each in folder.iterdir() if (each / "__init__.py").exists()}
    found: dict[str, None] = {}
    for path, tree in _trees(folder):
        own = path.relative_to(folder).parts[0]
        for name in (name for node in ast.walk(tree) for name in imported_names(node)):
            other = name.removeprefix(f"{package}.").split(".")[0]
            if name.startswith(f"{package}.") and other in folders - {own} and own in folders:
                found[f"{own} > {other}"] = None
    yield from found


def between_simulators(folder: Path) -> Iterator[str]:
    """Arrows between the gateways' folders; all of them may import the kit."""
    return (arrow for arrow in arrows(folder, "gateway_simulators") if not arrow.endswith(" > kit"))


def foreign(*folders: Path) -> Iterator[str]:
    """Modules that import a package which is neither the standard library's nor their own."""
    for path, tree in (found for folder in folders for found in _trees(folder)):
        roots = {name.split(".")[0] for node in ast.walk(tree) for name in imported_names(node)}
        if roots - sys.stdlib_module_names - {"payments"}:
            yield path.stem


def circles(packages: Mapping[str, Path]) -> Iterator[str]:
    """Modules that import themselves by way of others; imports for types only do not count."""
    modules = dict(_modules(packages))
    arrows = {name: set(_imports(tree, modules)) for name, tree in modules.items()}
    for name in arrows:
        reached, waiting = set[str](), [*arrows[name]]
        while waiting:
            module = waiting.pop()
            if module in arrows and module not in reached:
                reached.add(module)
                waiting += arrows[module]
        if name in reached:
            yield name


def _modules(packages: Mapping[str, Path]) -> Iterator[tuple[str, ast.Module]]:
    for package, folder in packages.items():
        for path, tree in _trees(folder / package):
            yield _dotted(path, folder), tree


def _dotted(path: Path, folder: Path) -> str:
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def _imports(tree: ast.AST, modules: Collection[str]) -> Iterator[str]:
    """The modules that are imported when this one is. Imports inside a function run when it is called."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for each in imported_names(node):
                yield each if each in modules else each.rpartition(".")[0]
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_for_types(node):
            yield from _imports(node, modules)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imported_names(node: ast.AST) -> Iterator[str]:
    """The dotted names that a statement imports. Relative imports are refused by ruff."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from (f"{node.module}.{each.name}" for each in node.names)


def _trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text())


def main() -> int:
    return show(numbers())


if __name__ == "__main__":
    sys.exit(main())
