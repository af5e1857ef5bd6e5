"""Schemathesis reads the published description and sends the running system everything it can generate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.shop import Shop

ROOT = Path(__file__).parents[2]
HOOKS = Path(__file__).with_name("fuzz_hooks.py")
EXAMPLES = 12  # Of each operation and phase.


@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing"])
def test_nothing_that_the_description_allows_or_forbids_makes_a_server_error(
    shop: Shop, tmp_path: Path, phases: str
) -> None:
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / "openapi.json"),
        "--url", shop.stack.url,
        "--header", f"Authorization: Bearer {shop.stack.token()}",
        "--header", "X-Tenant-ID: ws_demo",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases", phases,
        "--max-examples", str(EXAMPLES),
        "--seed", "7",
        "--request-timeout", "35",
        "--workers", "1",  # Python 3.11 parses source in one thread at a time only.
        "--no-color",
    ]  # fmt: skip
    environment = dict(os.environ)
    if phases == "fuzzing":  # The coverage phase makes its bodies itself and cannot take hooks.
        environment |= {"SCHEMATHESIS_HOOKS": str(HOOKS), "RETURN_URL": f"{shop.stack.url}/?back=1"}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    operations = sum(len(methods) for methods in json.loads((ROOT / "openapi.json").read_text())["paths"].values())
    assert f"Tested: {operations}" in ran.stdout
