"""Checks of what `sam build` made: byte code that Lambda uses, the right processor, no file too large or out of
place.
"""

from __future__ import annotations

import _imp
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / ".aws-sam/build"
LAYER = "CommonLayer"
MB = 1024 * 1024
ZIP_LIMITS_MB = {"WebhookFunction": 13}  # It contains `cryptography`.
ZIP_LIMIT_MB = 8  # Of any other function, together with the layer.
MAGIC = (3571).to_bytes(2, "little") + b"\r\n"  # Python 3.13.
UNCHECKED_HASH = (1).to_bytes(4, "little")
_AARCH64 = b"\xb7\x00"
# The runtime provides boto3; the others are for development.
_FOREIGN = ("boto3", "botocore", "moto", "gateway_simulators", "dev", "tests")


def problems(build: Path) -> list[str]:
    """Errors of a build, as sentences; empty if there are none."""
    built = artefacts_of(build)
    found = [problem for artefact in built for problem in artefact_problems(artefact)]
    return found + list(_too_big(built))


def artefacts_of(build: Path) -> list[Path]:
    """The folders of the functions and of the layer, without those of nested stacks."""
    return [folder for folder in sorted(build.iterdir()) if folder.is_dir() and not _is_stack(folder)]


def _is_stack(folder: Path) -> bool:
    """A nested stack's template, which is all that it has."""
    return [path.name for path in folder.iterdir()] == ["template.yaml"]


def artefact_problems(artefact: Path) -> list[str]:
    sources = sorted(artefact.rglob("*.py"))
    found = [] if sources else [f"{artefact} holds no code"]
    found += [problem for source in sources for problem in _byte_code_problems(source)]
    found += [f"{library} is not for arm64" for library in artefact.rglob("*.so") if not _is_arm64(library)]
    roots = (artefact, artefact / "python")
    return found + [
        f"{root / name} does not belong here" for root in roots for name in _FOREIGN if (root / name).exists()
    ]


def _byte_code_problems(source: Path) -> Iterator[str]:
    cached = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
    if not cached.exists():
        yield f"{source} has no byte code for Python 3.13"
        return
    head = cached.read_bytes()[:16]
    if head[:4] != MAGIC:
        yield f"{cached} is of another Python"
    elif head[4:8] != UNCHECKED_HASH:
        yield f"{cached} would be checked against the source's time or hash"
    elif head[8:16] != _imp.source_hash(int.from_bytes(MAGIC, "little"), source.read_bytes()):
        yield f"{cached} is not of this source"


def _is_arm64(library: Path) -> bool:
    return library.read_bytes()[18:20] == _AARCH64


def _too_big(artefacts: list[Path]) -> Iterator[str]:
    sizes = {artefact.name: zipped_size(artefact) for artefact in artefacts}
    layer_size = sizes.pop(LAYER, 0)
    for name, size in sizes.items():
        most = limit_mb(name)
        if size + layer_size > most * MB:
            yield f"{name} and the layer are {(size + layer_size) / MB:.1f} MB zipped, more than {most}"


def limit_mb(function: str) -> int:
    return ZIP_LIMITS_MB.get(function, ZIP_LIMIT_MB)


def zipped_size(artefact: Path) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in artefact.rglob("*"):
            archive.write(path, path.relative_to(artefact))
    return buffer.tell()


def main() -> int:
    if not BUILD.is_dir():
        sys.stderr.write("nothing is built: run `sam build` first\n")
        return 1
    found = problems(BUILD)
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    if not found:
        sys.stdout.write(f"build checked; the layer is {zipped_size(BUILD / LAYER) / 2**20:.1f} MB zipped\n")
    return min(len(found), 1)


if __name__ == "__main__":
    sys.exit(main())
