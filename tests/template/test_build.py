"""The build: every module ships with byte code that Lambda uses, and nothing else ships."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dev.tools.build import RUNTIME, BuildFailed, build_function, compile_all, find_interpreter
from dev.tools.check_build import LAYER, artefact_problems, problems
from dev.tools.expand import ROOT, read_template


def python313() -> str:
    try:
        return find_interpreter()
    except BuildFailed as missing:
        pytest.skip(str(missing))


@pytest.fixture
def artefact(tmp_path: Path) -> Path:
    python313()
    source, built = tmp_path / "source", tmp_path / "built"
    (source / "inner").mkdir(parents=True)
    (source / "handler.py").write_text("handler = print\n")
    (source / "inner/__init__.py").write_text("")
    (source / "Makefile").write_text("build:\n")
    (source / "__pycache__").mkdir()
    (source / "__pycache__/handler.cpython-311.pyc").write_bytes(b"stale")
    build_function(source, built)
    return built


def test_a_built_function_holds_its_modules_with_byte_code_and_nothing_else(artefact: Path) -> None:
    assert artefact_problems(artefact) == []
    files = {str(path.relative_to(artefact)) for path in artefact.rglob("*") if path.is_file()}
    assert files == {
        "handler.py",
        "__pycache__/handler.cpython-313.pyc",
        "inner/__init__.py",
        "inner/__pycache__/__init__.cpython-313.pyc",
    }


def test_python_uses_the_byte_code_even_when_times_have_changed(artefact: Path) -> None:
    (artefact / "handler.py").touch()
    seen = subprocess.run(
        [python313(), "-B", "-v", "-c", "import handler"], cwd=artefact, capture_output=True, text=True, check=True
    )
    assert "handler.cpython-313.pyc matches" in seen.stderr
    assert "code object from" in seen.stderr


def without_byte_code(artefact: Path) -> None:
    (artefact / "__pycache__/handler.cpython-313.pyc").unlink()


def with_timestamps(artefact: Path) -> None:
    subprocess.run([python313(), "-m", "compileall", "-q", "-f", str(artefact)], check=True)


def with_checked_hashes(artefact: Path) -> None:
    mode = ("--invalidation-mode", "checked-hash")
    subprocess.run([python313(), "-m", "compileall", "-q", "-f", *mode, str(artefact)], check=True)


def of_another_python(artefact: Path) -> None:
    byte_code = artefact / "__pycache__/handler.cpython-313.pyc"
    byte_code.write_bytes(b"\xa7\r\r\n" + byte_code.read_bytes()[4:])


def with_a_later_source(artefact: Path) -> None:
    (artefact / "handler.py").write_text("handler = repr\n")


def with_boto3(artefact: Path) -> None:
    (artefact / "python/boto3").mkdir(parents=True)


def with_a_library_for_intel(artefact: Path) -> None:
    (artefact / "fast.so").write_bytes(b"\x7fELF" + bytes(14) + b"\x3e\x00" + bytes(40))


def without_any_module(artefact: Path) -> None:
    shutil.rmtree(artefact)
    artefact.mkdir()


FAULTS = (
    without_byte_code,
    with_timestamps,
    with_checked_hashes,
    of_another_python,
    with_a_later_source,
    with_boto3,
    with_a_library_for_intel,
    without_any_module,
)


@pytest.mark.parametrize("spoil", FAULTS, ids=lambda spoil: spoil.__name__)
def test_a_spoilt_artefact_is_found_out(artefact: Path, spoil: Callable[[Path], None]) -> None:
    spoil(artefact)
    assert artefact_problems(artefact) != []


def test_a_function_that_is_too_big_together_with_the_layer_is_found_out(artefact: Path) -> None:
    build = artefact.parent / "build"
    shutil.copytree(artefact, build / "PollFunction")
    shutil.copytree(artefact, build / LAYER)
    assert problems(build) == []
    (build / LAYER / "noise").write_bytes(random.Random(1).randbytes(8 * 1024 * 1024))
    assert ["8.0 MB zipped" in problem for problem in problems(build)] == [True]


# The parts that were removed from packages are not needed: write one log line and one metric.
_LOGS = """
import sys
sys.path.insert(0, sys.argv[1])
from payments.runtime import log
log.begin("req-1")
log.end(route="GET /v1/health")
log.count("PaymentCreated")
log.flush()
"""


def test_sam_build_makes_a_sound_artefact(tmp_path: Path) -> None:
    python313()
    sam, build = str(Path(sys.executable).parent / "sam"), tmp_path / "build"
    wanted = [sam, "build", "--build-dir", str(build), "--cache-dir", str(tmp_path / "cache")]
    quiet = os.environ | {"SAM_CLI_TELEMETRY": "0"}
    made = subprocess.run(wanted, cwd=ROOT, env=quiet, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr[-3000:]
    assert problems(build) == []
    written = subprocess.run(
        [python313(), "-I", "-S", "-c", _LOGS, str(build / LAYER / "python")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (written.returncode, len(written.stdout.splitlines())) == (0, 2), written.stderr[-3000:]


def test_an_interpreter_that_does_not_run_or_is_another_one_is_passed_over() -> None:
    wanted = ["/nowhere/python3.13", shutil.which("false") or "false", shutil.which("echo") or "echo"]
    assert find_interpreter([*wanted, python313()]) == python313()


def test_without_the_right_python_the_build_says_what_to_install() -> None:
    with pytest.raises(BuildFailed, match=f"no Python {RUNTIME} found: install it"):
        find_interpreter(["/nowhere/python3.13"])


def test_the_layer_is_built_for_the_functions_runtime() -> None:
    template = read_template()
    assert template["Globals"]["Function"]["Runtime"] == f"python{RUNTIME}"
    functions = [r for r in template["Resources"].values() if r["Type"] == "AWS::Serverless::Function"]
    assert {str(function["Metadata"]) for function in functions} == {
        str({"BuildMethod": "makefile", "ContextPath": "dev/tools"})
    }


def test_every_shipped_requirement_is_locked_by_its_hash() -> None:
    text = (ROOT / "layers/common/requirements.txt").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    assert [line.split()[0] for line in lines if "--hash=sha256:" not in line or "==" not in line] == []


def test_no_runtime_library_is_shipped_twice() -> None:
    names = {line.split("==")[0] for line in (ROOT / "layers/common/requirements.txt").read_text().splitlines()}
    assert names.isdisjoint({"boto3", "botocore", "urllib3", "s3transfer"})


def test_byte_code_names_the_place_it_is_mounted_at(artefact: Path) -> None:
    compile_all(artefact, mounted_at="/opt")
    assert b"/opt/handler.py" in (artefact / "__pycache__/handler.cpython-313.pyc").read_bytes()
