"""make gateway: the files that it makes pass every check, and a refusal changes nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dev.tools.gateway import FOLDERS, LINES, ROOT, TEMPLATES, Line, RefusedError, main, stamp
from gateway_simulators import GATEWAYS

pytestmark = pytest.mark.xdist_group("make gateway")

NAME = "acme_pay"
COPIED = (
    *("functions", "layers", "packages", "dev", "statemachines", "stacks", "docs", "tests"),
    *("pyproject.toml", "template.yaml", "samconfig.toml", "openapi.json", "Makefile"),
    *(page.name for page in ROOT.glob("*.md")),
)
LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", "*.pyc", "sdk")
TABLES = tuple(dict.fromkeys(line.path for line in LINES))
LONGEST = "a_gateway_of_thirty_one_letters"
NEXT_PORT = 8101 + len(GATEWAYS)


def run(root: Path, *command: str, ends: tuple[int, ...] = (0,)) -> str:
    """What it printed; it must succeed."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{root}:{root / 'layers/common'}:{root / 'packages/gateway-simulators'}",
    }
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode in ends, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def copy(root: Path, paths: tuple[str, ...]) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, root / path, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / path, root / path)
    return root


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the project with one more gateway, and the tool's output."""
    root = copy(tmp_path_factory.mktemp("stamped"), COPIED)
    return root, run(root, "dev.tools.gateway", NAME)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Only those files of the project that the generator changes."""
    return copy(tmp_path, TABLES)


def contents(root: Path) -> dict[str, bytes]:
    files = (path for path in root.rglob("*") if path.is_file() and "cache" not in str(path.relative_to(root)))
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def test_it_says_what_it_made_and_what_comes_next(stamped: tuple[Path, str]) -> None:
    root, response = stamped
    made = [line.strip() for line in response.splitlines() if line.startswith("  ") and "/" in line and "." in line]
    assert set(TABLES) <= set(response.split())
    for folder in FOLDERS.values():
        assert any(path.startswith(folder.replace("$name", NAME)) for path in made)
    assert [number for number in "123" if f"\n  {number}. " in response] == ["1", "2", "3"]
    assert f"Acme Pay is made, on port {NEXT_PORT}:" in response
    assert [path for path in contents(root) if path.endswith(".tmpl") and not path.startswith("dev/tools/")] == []


def test_a_new_gateway_touches_no_more_than_three_shared_files() -> None:
    assert TABLES == ("layers/common/payments/gateways/registry.py", "stacks/data.yaml", "pyproject.toml")


def registry(root: Path) -> str:
    return (root / LINES[0].path).read_text()


def test_nothing_but_its_folders_and_the_tables_changes(stamped: tuple[Path, str], tmp_path: Path) -> None:
    before, after = contents(copy(tmp_path, COPIED)), contents(stamped[0])
    assert {path for path in before if after.get(path) != before[path]} == set(TABLES)
    new = sorted(path for path in after if path not in before)
    assert [path for path in new if NAME not in path] == []
    for path in TABLES:
        old_lines, new_lines = before[path].decode().splitlines(), iter(after[path].decode().splitlines())
        assert all(any(line == other for other in new_lines) for line in old_lines), f"{path}: a line is gone"


def test_it_is_formatted_linted_and_typed(stamped: tuple[Path, str]) -> None:
    root, _ = stamped
    written = {path for path in contents(root) if NAME in path} | set(TABLES)
    touched = sorted(path for path in written if path.endswith(".py"))
    run(root, "ruff", "check", "--quiet", *touched)
    run(root, "ruff", "format", "--check", "--quiet", *touched)
    typed = run(root, "mypy", "--no-error-summary", *touched, ends=(0, 1))
    assert [line for line in typed.splitlines() if NAME in line or "AcmePay" in line] == []


def test_its_imports_keep_every_contract(stamped: tuple[Path, str]) -> None:
    command = ("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())")
    environment = {**os.environ, "PYTHONPATH": f".{os.pathsep}layers/common{os.pathsep}packages/gateway-simulators"}
    done = subprocess.run(
        [sys.executable, *command], cwd=stamped[0], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_its_own_tests_and_every_gateways_pass(stamped: tuple[Path, str]) -> None:
    general = ("tests/contract", *sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("tests/gateways/test_*.py")))
    histories = (f"tests/dev/histories/test_{what}.py" for what in ("exhaustive", "gateways"))
    unfilled = "tests/api/test_unfilled.py::test_only_its_own_payments_answer_503_and_the_field_is_in_the_log_alone"
    others = (
        *("tests/template/test_rules.py", "tests/docs", "tests/dev/tools/test_words.py"),
        *("tests/usecases/payment/test_late_holds.py", unfilled, *histories),
    )
    own = tuple(folder.replace("$name", NAME) for folder in FOLDERS.values() if "tests/" in folder)
    counted = "was_tried or a_limit_is or each_kind_has or no_flow_is"
    chosen = ("-k", f"{NAME} or registered or template_keeps or {counted}")
    response = run(
        stamped[0], "pytest", "-q", "-p", "no:cacheprovider", *dict.fromkeys((*general, *own, *others)), *chosen
    )
    passed = re.search(r"(\d+) passed", response)
    assert passed
    assert int(passed[1]) > 200
    assert "skipped" not in response


@pytest.mark.parametrize("name", ["ab", "acme2", "z9_", LONGEST])
def test_any_name_is_as_tidy(tables: Path, name: str) -> None:
    made = [path for path in stamp(name, tables) if path.endswith(".py")]
    run(tables, "ruff", "check", "--quiet", *made)
    run(tables, "ruff", "format", "--check", "--quiet", *made)
    facts = (tables / f"layers/common/payments/gateways/facts/{name}.py").read_text()
    assert f'"{name}", "IN", "INR", (CARD,), "2025-01-01"' in re.sub(r"\s+", " ", facts).replace("( ", "(")


def test_two_may_be_stamped_one_after_the_other(tables: Path) -> None:
    stamp("first_one", tables)
    stamp("second_one", tables)
    ports = {
        name: (tables / f"packages/gateway-simulators/gateway_simulators/{name}/__main__.py").read_text()
        for name in ("first_one", "second_one")
    }
    assert f"port={NEXT_PORT}" in ports["first_one"]
    assert f"port={NEXT_PORT + 1}" in ports["second_one"]
    assert re.findall(r'^    "(\w+)",$', registry(tables), re.MULTILINE)[-2:] == ["first_one", "second_one"]


REFUSED = {
    "": "send make gateway NAME=acme_pay",
    "x": "2 to 31 of a-z, 0-9 and _",
    "Acme": "send make gateway NAME=acme_pay",
    "acme-pay": "send make gateway NAME=acme_pay",
    "1st": "a letter first",
    "../../etc": "send make gateway NAME=acme_pay",
    "a" * 32: "2 to 31",
    "acme\n": "send make gateway NAME=acme_pay",
    "class": "no word of Python's",
    "none": "the sample's code uses None already: send a longer one, for example make gateway NAME=none_pay",
    "money": "the sample's code uses Money already",
    "gateway_app": "the sample's code uses GatewayApp already",
    "pay_pal": "PayPalApiSecret in stacks/data.yaml",
    "phonepe": "phonepe exists already",
    "registry": "layers/common/payments/gateways/registry.py",
    "kit": "packages/gateway-simulators/gateway_simulators/kit/__init__.py",
    "harness": "tests/contract/harness.py",
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_will_not_do_is_refused_with_what_to_send(name: str, tables: Path) -> None:
    for captured in (
        "layers/common/payments/gateways/registry.py",
        "packages/gateway-simulators/gateway_simulators/kit/__init__.py",
        "tests/contract/harness.py",
    ):
        copy(tables, (captured,))
    copy(tables, ("layers/common/payments/gateways/phonepe",))
    before = contents(tables)
    with pytest.raises(RefusedError, match=re.escape(REFUSED[name])):
        stamp(name, tables)
    assert contents(tables) == before


@pytest.mark.parametrize("mark", ["opening", "closing"])
@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line.path} {line.opening.strip()}")
def test_a_table_that_is_not_found_is_named_and_nothing_is_changed(line: Line, mark: str, tables: Path) -> None:
    wanted = str(getattr(line, mark))
    table = tables / line.path
    stored = [each for each in table.read_text().splitlines() if each != wanted]
    table.write_text("\n".join(stored) + "\n")
    before = contents(tables)
    with pytest.raises(RefusedError, match=re.escape(f"{line.path} has no line {wanted!r}")):
        stamp(NAME, tables)
    assert contents(tables) == before


def test_a_refusal_is_one_sentence_and_a_failed_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert (main([]), main(["x"]), main(["acme", "pay"])) == (1, 1, 1)
    response = capsys.readouterr()
    assert response.out == ""
    assert [line.endswith("no word of Python's.") for line in response.err.splitlines()] == [True] * 3


def test_every_template_has_its_place() -> None:
    kinds: Mapping[str, list[Path]] = {kind: list((TEMPLATES / kind).glob("*.tmpl")) for kind in FOLDERS}
    assert [kind for kind, found in kinds.items() if not found] == []
    assert sum(map(len, kinds.values())) == sum(1 for path in TEMPLATES.rglob("*") if path.is_file())
