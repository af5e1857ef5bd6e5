"""Deploys what `sam build` has made, under a digest of all that ships: the template's parameter Release."""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from dev.tools.check_build import BUILD
from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.settings import UNRELEASED, Deployment, Pairs, read_deployment
from dev.tools.expand import ROOT

FOLDERS = (BUILD, ROOT / "statemachines")  # All that ships: the machines from where they are, the rest from the build.


def digest(folders: Iterable[Path], pairs: Pairs) -> str:
    """SHA-256 over the names and bytes of all files, and over the parameters as written."""
    whole = hashlib.sha256()
    for part in (*_files(folders), *(f"{name}={value}".encode() for name, value in sorted(pairs))):
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def _files(folders: Iterable[Path]) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            yield path.relative_to(folder).as_posix().encode()
            yield path.read_bytes()


def command(deployment: Deployment, again: str = "", folders: tuple[Path, ...] = FOLDERS) -> list[str]:
    """All parameters are given: those of the command line replace those of samconfig.toml. Raises Refusal."""
    line = "=".join(UNRELEASED)
    if UNRELEASED not in deployment.pairs:
        raise Refusal(f"{line} is missing", f"write it to samconfig.toml {deployment.place}")
    if not (folders[0] / "template.yaml").is_file():
        raise Refusal("nothing is built", "run make build first")
    release = digest(folders, (*deployment.pairs, ("AGAIN", again)))
    pairs = [(name, release if (name, value) == UNRELEASED else value) for name, value in deployment.pairs]
    sam = [str(Path(sys.executable).parent / "sam"), "deploy", "--config-env", deployment.stage]
    overrides = [f'{name}="{value}"' for name, value in pairs]  # Quoted: SAM takes no empty value bare.
    return [*sam, "--parameter-overrides", *overrides]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m dev.tools.release", description=__doc__)
    parser.add_argument("--stage", default="sandbox", help="section of samconfig.toml")
    parser.add_argument("--again", default="", help="any text: the same files make another release")
    given = parser.parse_args(arguments)
    try:
        wanted = command(read_deployment(ROOT / "samconfig.toml", given.stage), given.again)
    except Refusal as refusal:
        sys.stderr.write(f"{refusal.text}: {refusal.cure}\n")
        return 1
    return subprocess.run(wanted, cwd=ROOT, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
