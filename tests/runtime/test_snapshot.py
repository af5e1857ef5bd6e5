"""SnapStart: what is restored from one snapshot shares no id, jitter, time or connection."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from dev.tools.house import ROOT

SNAPSHOT = Path(__file__).with_name("snapshot.py")
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
SETTINGS = {
    "TABLE_PREFIX": "pavati-dev-",
    "SIMULATOR_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "ap-south-1",
}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_two_restores_of_one_snapshot_share_nothing_that_must_differ(function: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | SETTINGS
    done = subprocess.run(
        [sys.executable, str(SNAPSHOT), function], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout)
    assert (found["sockets"], found["connected"], found["drawn"], found["threads"]) == ([], [], [], 1)
    one, other = found["forks"]
    assert [name for name in one if one[name] == other[name]] == []
    assert one["now"] < other["now"]
    assert all(first != second for fork in (one, other) for first, second in pairwise(fork["jitter"]))
