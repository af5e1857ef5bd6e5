"""Finds tests that replace a part of the production code instead of handing one in."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

ADVICE = (
    "A test replaces no part of the production code: it hands one in. A port is a plain parameter (usecases/ports.py): "
    "hand in a clock, a crew or a store; replace operations of the world's gateways and store by `world.override`, "
    "`override_store` and `override_workspace_store` (tests/world.py). Failures of a gateway are its simulator's "
    "(`world.fault`), those of DynamoDB its client's (`world.client.before`), AWS's `tests/runtime/services.py`."
)
_PRODUCTION = ("payments.", "functions.")
_SHARED = ("time", "datetime", "random", "os", "uuid", "secrets", "socket")  # A patch of these reaches production.
_REPLACES = ("setattr", "setitem", "delattr", "delitem", "__setattr__", "__delattr__")
_CHANGES = ("append", "clear", "extend", "insert", "pop", "remove", "setdefault", "update")  # Of a table of a module.
_MOCKS = ("unittest.mock", "mock", "pytest_mock")
_SAME = ("type", "cast", "getattr", "vars", "import_module")  # What they return is a part if an argument is.
_SLEEP = "botocore waits between its tries, and has no setting for it"
ALLOWED = {  # By file and target: why nothing can be handed in there.
    ("tests/domain/rules/test_money_rules.py", "polling.payment_due_after"): "no interval of today's list is zero",
    ("tests/runtime/test_aws_polling.py", "botocore.endpoint.time.sleep"): _SLEEP,
    ("tests/runtime/test_aws_secret.py", "botocore.endpoint.time.sleep"): _SLEEP,
    ("tests/security/walls/test_tokens.py", "jwt.api_jwt.datetime"): "PyJWT takes no clock",
}
Returns = dict[str, set[str]]  # By module of the tests: its functions that return a part of the production code.


@dataclass(frozen=True)
class Patch:
    path: str
    line: int
    target: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.target}"


def find_patches(root: Path, folder: str = "tests") -> list[Patch]:
    """Every patch below the folder, by path and line."""
    trees = {path.relative_to(root): ast.parse(path.read_text()) for path in sorted((root / folder).rglob("*.py"))}
    returns = {_module_name(path): _returning(tree) for path, tree in trees.items()}
    return [patch for path, tree in trees.items() for patch in find_in(tree, str(path), returns)]


def find_in(tree: ast.Module, path: str, returns: Returns | None = None) -> list[Patch]:
    """The patches of one file."""
    finder = _Finder(path, returns or {})
    finder.visit(tree)
    return sorted(finder.found, key=lambda patch: patch.line)


def _module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def _returning(tree: ast.Module) -> set[str]:
    """The functions whose annotation says that they return a part of the production code."""
    finder = _Finder("", {})
    for node in tree.body:
        if isinstance(node, ast.ImportFrom | ast.Import | ast.If):
            finder.visit(node)
    functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    return {each.name for each in functions if each.returns is not None and finder.is_part(each.returns)}


@dataclass
class _Finder(ast.NodeVisitor):
    """Walks through a file, and knows which names stand for production code at each place."""

    path: str
    returns: Returns
    found: list[Patch] = field(default_factory=list)
    # Of the file and of each function around: whether a name stands for production code.
    _parts: list[dict[str, bool]] = field(default_factory=lambda: [{}])
    _called: set[ast.expr] = field(default_factory=set)
    _makers: set[str] = field(default_factory=set)  # Functions of the tests that return a part.
    _shared: set[str] = field(default_factory=set)

    # Names

    def visit_Import(self, node: ast.Import) -> None:
        for each in node.names:
            self._bind_module(each.asname or each.name.partition(".")[0], each.name)
            self._refuse_mock(node, each.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for each in node.names:
            name = each.asname or each.name
            self._bind_module(name, f"{module}.{each.name}")
            self._refuse_mock(node, f"{module}.{each.name}")
            if each.name in self.returns.get(module, ()):
                self._makers.add(name)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.returns is not None and len(self._parts) == 1 and self.is_part(node.returns):
            self._makers.add(node.name)
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        annotated = ((each.arg, each.annotation) for each in arguments)
        self._parts.append({name: its is not None and self.is_part(_unquoted(its)) for name, its in annotated})
        self.generic_visit(node)
        self._parts.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]  # noqa: N815

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in ast.walk(node):  # An attribute of `self` is known in all its methods.
            if isinstance(statement, ast.Assign):
                self._bind_all(statement.targets, statement.value, only_self=True)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            self._refuse_assignment(target)
        self._bind_all(node.targets, node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        self._refuse_assignment(node.target)
        if node.value is not None:
            self._bind_all([node.target], node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.generic_visit(node)
        self._refuse_assignment(node.target)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._refuse_assignment(target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.generic_visit(node)
        self._bind_all([node.target], node.value)

    def visit_For(self, node: ast.For | ast.comprehension) -> None:
        values = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List) else [node.iter]
        for value in values:
            self._bind_all([node.target], value)
        self.generic_visit(node)

    def _visit_comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        for each in node.generators:
            self.visit_For(each)
        self.generic_visit(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def visit_With(self, node: ast.With) -> None:
        is_refusal = any(ast.unparse(item.context_expr).startswith("pytest.raises(") for item in node.items)
        found = len(self.found)
        self.generic_visit(node)
        if is_refusal:  # A test that the object does not let itself be changed.
            del self.found[found:]

    def visit_Call(self, node: ast.Call) -> None:
        self._called.add(node.func)
        self.generic_visit(node)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given = [*node.args, *(each.value for each in node.keywords)]
        if name in _REPLACES and given and self._is_refused(*given[:2]):
            self._add(node, ".".join(_shown(each) for each in given[: 2 if len(given) > 2 else 1]))
        if name in _CHANGES and isinstance(node.func, ast.Attribute) and self._is_table(node.func.value):
            self._add(node, ast.unparse(node.func))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        if node.attr in _REPLACES[:4] and node not in self._called:
            self._add(node, ast.unparse(node))

    def _bind_module(self, name: str, dotted: str) -> None:
        self._parts[0][name] = f"{dotted}.".startswith(_PRODUCTION)
        if dotted.partition(".")[0] in _SHARED and not self.path.startswith("tests/dev/"):
            self._shared.add(name)

    def _bind_all(self, targets: list[ast.expr], value: ast.expr, *, only_self: bool = False) -> None:
        for target in targets:
            if isinstance(target, ast.Tuple):
                is_tuple = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
                values = value.elts if isinstance(value, ast.Tuple) and is_tuple else [value] * len(target.elts)
                for each, its in zip(target.elts, values, strict=True):
                    self._bind_all([each], its, only_self=only_self)
            elif isinstance(target, ast.Name) and not only_self:
                self._parts[-1][target.id] = self.is_part(value)
            elif _is_of_self(target) and self.is_part(value):
                self._parts[0][ast.unparse(target)] = True

    def is_part(self, node: ast.expr) -> bool:
        """Whether the expression is production code, an object that production code has made, or its type."""
        match node:
            case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                return text.startswith(_PRODUCTION)
            case ast.List(elts=elements) | ast.Dict(values=elements):
                return any(map(self.is_part, elements))
            case ast.Name(id=name):
                return name == "ModuleType" or self._is_known(name)
            case ast.Attribute(value=value, attr=attr):
                return attr == "ports" or (_is_of_self(node) and self._is_known(f"self.{attr}")) or self.is_part(value)
            case ast.BinOp(left=left, right=right):  # A type: `Store | None`.
                return self.is_part(left) or self.is_part(right)
            case ast.Subscript(value=value):
                return self.is_part(value) or self._is_module_of(node)
            case ast.Call():
                return self._makes_part(node)
        return False

    def _makes_part(self, call: ast.Call) -> bool:
        name = call.func.id if isinstance(call.func, ast.Name) else ""
        if ast.unparse(call.func).removeprefix("importlib.") in _SAME:
            return any(map(self.is_part, call.args))
        return name in self._makers or self.is_part(call.func)

    def _is_known(self, name: str) -> bool:
        return next((names[name] for names in reversed(self._parts) if name in names), False)

    # What is refused

    def _is_refused(self, target: ast.expr, key: ast.expr | None = None) -> bool:
        if isinstance(target, ast.Constant) and isinstance(target.value, str):
            is_shared = any(name in _SHARED for name in target.value.split("."))
            return self.is_part(target) or (is_shared and not self.path.startswith("tests/dev/"))
        if ast.unparse(target) == "sys.modules":
            return key is not None and self.is_part(key)
        is_library = isinstance(target, ast.Name | ast.Attribute) and ast.unparse(target) != "os.environ"
        return self.is_part(target) or (is_library and _root(target) in self._shared)

    def _refuse_assignment(self, target: ast.expr) -> None:
        match target:
            case ast.Tuple(elts=elements):
                for each in elements:
                    self._refuse_assignment(each)
            case ast.Attribute(value=value, attr=attr) if self._is_refused(value) and attr != "__context__":
                self._add(target, ast.unparse(target))
            case ast.Subscript(value=value) if self._is_table(value) or self._is_module_of(target):
                self._add(target, ast.unparse(target))

    def _is_table(self, node: ast.expr) -> bool:
        """Whether it is a table of a module of production code: `wiring._read`, `wiring.__dict__`, `vars(wiring)`."""
        is_namespace = isinstance(node, ast.Call) and ast.unparse(node.func) == "vars" and self.is_part(node)
        return is_namespace or (isinstance(node, ast.Attribute) and self._is_module_path(node))

    def _is_module_of(self, node: ast.Subscript) -> bool:
        return ast.unparse(node.value) == "sys.modules" and self.is_part(node.slice)

    def _is_module_path(self, node: ast.expr) -> bool:
        """Whether it is an attribute of an imported name, without a call on the way: `wiring._read`."""
        return self._is_known(_root(node))

    def _refuse_mock(self, node: ast.AST, dotted: str) -> None:
        if any(dotted == name or dotted.startswith(f"{name}.") for name in _MOCKS):
            self.found.append(Patch(self.path, getattr(node, "lineno", 0), dotted))

    def _add(self, at: ast.expr, target: str) -> None:
        self.found.append(Patch(self.path, at.lineno, target))


def _shown(node: ast.expr) -> str:
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return str(node.value) if is_text else ast.unparse(node)  # type: ignore[attr-defined]


def _unquoted(annotation: ast.expr) -> ast.expr:
    is_text = isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)
    return ast.parse(annotation.value, mode="eval").body if is_text else annotation  # type: ignore[attr-defined]


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _is_of_self(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
