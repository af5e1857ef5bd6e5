"""Make one artefact from the current folder: `-m dev.tools.build layer DIR` or `-m dev.tools.build function DIR`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dev.tools.aws_models import MODELS, write_models

RUNTIME = "3.13"
PLATFORM = "manylinux2014_aarch64"
# Not used at run time. METADATA, entry points and licences stay.
_JUNK = (
    *("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED", "*.dist-info/WHEEL", "**/*.pyi"),
    "phonenumbers/shortdata/region_*.py",  # Emergency and other short numbers, which are never used.
)
_JUNK_FOLDERS = (
    *("bin", "*/tests", "*/test"),
    # Logger and Metrics of Powertools are used. `jmespath_utils` is imported by the logger.
    *("aws_lambda_powertools/event_handler", "aws_lambda_powertools/utilities/[!_j]*"),
)
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", "*.pyc", "Makefile", ".*", "requirements.*")


class BuildFailed(Exception):
    pass


def build_layer(source: Path, artefact: Path) -> None:
    """`python/` of the layer: requirements, the package, models of AWS's operations, byte code."""
    packages = artefact / "python"
    packages.mkdir(parents=True, exist_ok=True)
    _install(source / "requirements.txt", packages)
    _prune(packages)
    shutil.copytree(source / "payments", packages / "payments", ignore=_NOT_SHIPPED, dirs_exist_ok=True)
    try:
        write_models(packages / MODELS)
    except ImportError as error:
        raise BuildFailed("botocore is needed for its models: build by `make build`, which installs it") from error
    compile_all(artefact, mounted_at="/opt")


def build_function(source: Path, artefact: Path) -> None:
    """One function's folder, with the packages that only it needs, and byte code."""
    if (source / "requirements.txt").exists():
        artefact.mkdir(parents=True, exist_ok=True)
        _install(source / "requirements.txt", artefact)
        _prune(artefact)
    shutil.copytree(source, artefact, ignore=_NOT_SHIPPED, dirs_exist_ok=True)
    compile_all(artefact, mounted_at="/var/task")


def compile_all(artefact: Path, mounted_at: str) -> None:
    """Make byte code that Lambda uses: by its own Python version, and unchecked, because zipping changes the sources'
    times.
    """
    mode = ("--invalidation-mode", "unchecked-hash")
    paths = ("-s", str(artefact), "-p", mounted_at)
    _run(find_interpreter(), "-m", "compileall", "-q", "-f", *mode, *paths, str(artefact))


def find_interpreter(candidates: Iterable[str] = ()) -> str:
    """A Python of the runtime's minor version, which byte code needs."""
    for candidate in candidates or _candidates():
        if _answers(candidate):
            return candidate
    raise BuildFailed(
        f"no Python {RUNTIME} found: install it (for instance `pyenv install {RUNTIME}`) or put it on PATH"
    )


def _candidates() -> Iterator[str]:
    yield sys.executable
    yield f"python{RUNTIME}"
    pyenv = Path.home() / ".pyenv/versions"
    yield from (str(home / "bin/python") for home in sorted(pyenv.glob(f"{RUNTIME}*"), reverse=True))


def _answers(interpreter: str) -> bool:
    """True if it runs and has the right version; pyenv's shim on PATH exists but may not run."""
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        wanted = subprocess.run([interpreter, "-c", question], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return False
    return wanted.stdout.strip() == RUNTIME


def _install(requirements: Path, target: Path) -> None:
    wheels = ("--only-binary=:all:", "--platform", PLATFORM, "--python-version", RUNTIME, "--implementation", "cp")
    exactly = ("--require-hashes", "--no-deps", "--no-compile")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    _run(
        sys.executable,
        "-m",
        "pip",
        "install",
        *quiet,
        *wheels,
        *exactly,
        "--target",
        str(target),
        "-r",
        str(requirements),
    )


def _prune(packages: Path) -> None:
    for pattern in _JUNK:
        for path in packages.glob(pattern):
            path.unlink()
    for pattern in _JUNK_FOLDERS:
        for path in filter(Path.is_dir, packages.glob(pattern)):
            shutil.rmtree(path)


def _run(*command: str) -> None:
    subprocess.run(command, check=True)  # noqa: S603


BUILDERS: dict[str, Callable[[Path, Path], None]] = {"layer": build_layer, "function": build_function}


def main() -> int:
    kind, artefact = sys.argv[1:]
    try:
        BUILDERS[kind](Path.cwd(), Path(artefact))
    except (BuildFailed, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"build failed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
