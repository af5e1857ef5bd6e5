"""Which commit the running code is."""

from __future__ import annotations

import subprocess
from pathlib import Path

# All that a proof of this package rests on.
_CODE = ("layers", "functions", "packages", "dev", "tests", "template.yaml", "stacks", "requirements")
_GIT = ("git", "-C", str(Path(__file__).parents[2]))


def clean_commit() -> str:
    """The commit's short name; "" where the code differs from it, or no commit is known."""
    try:
        name, differs = (
            subprocess.run([*_GIT, *wanted], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
            for wanted in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", *_CODE))
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return "" if differs else name
