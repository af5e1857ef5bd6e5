"""The commit of the running code."""

from __future__ import annotations

import subprocess
from pathlib import Path

# Everything that a proof of this package depends on.
_CODE = ("layers", "functions", "packages", "dev", "tests", "template.yaml", "stacks", "requirements")
_GIT = ("git", "-C", str(Path(__file__).parents[2]))


def clean_commit() -> str:
    """The commit's short name; "" if the code differs from it or there is no commit."""
    try:
        name, differs = (
            subprocess.run([*_GIT, *wanted], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
            for wanted in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", *_CODE))
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return "" if differs else name
