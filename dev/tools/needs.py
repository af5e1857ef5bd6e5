"""What the tests need beyond Python and Node, and how this machine gets it.

`python -m dev.tools.needs` installs what is missing if it is root and apt-get exists. What is still missing fails CI
(`CI=true`); elsewhere the tests that need it are skipped, and pytest's last lines name them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Need:
    package: str  # Debian's name.
    programs: tuple[str, ...]  # One of them is enough.
    tests: str

    @property
    def program(self) -> str:
        """The path of the program, or ""."""
        return next(filter(None, map(shutil.which, self.programs)), "")

    @property
    def left_out(self) -> str:
        return f"left out: {self.tests}; {self.package} is not on this machine"


NEEDS = {
    need.package: need
    for need in (
        Need("chromium", ("chromium", "chromium-browser", "google-chrome"), "tests/browser, the pages in a browser"),
    )
}
_APT_S_MAX = 600


def is_ci(environment: Mapping[str, str] = os.environ) -> bool:
    return environment.get("CI") == "true"


def missing() -> list[Need]:
    return [need for need in NEEDS.values() if not need.program]


def main() -> int:
    if missing() and os.geteuid() == 0 and shutil.which("apt-get"):
        _install([need.package for need in missing()])
    for need in missing() if is_ci() else ():
        sys.stderr.write(f"{need.package} is needed by {need.tests}, and CI=true leaves nothing out\n")
    return 1 if missing() and is_ci() else 0


def _install(packages: Sequence[str]) -> None:
    sys.stderr.write(f"Installing {', '.join(packages)} with apt-get ...\n")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *packages]):
        if message := _failure(["apt-get", "-qq", *command], quiet):
            sys.stderr.write(f"apt-get {command[0]} failed:\n{message}\n")


def _failure(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """What went wrong, or ""."""
    try:
        ended = subprocess.run(  # noqa: S603
            command,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            timeout=_APT_S_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {_APT_S_MAX} seconds"
    return (ended.stderr or f"it ended with {ended.returncode}") if ended.returncode else ""


if __name__ == "__main__":
    sys.exit(main())
