"""Schemathesis reads the published description and asks the running system everything it can think of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.e2e.shop import Shop

ROOT = Path(__file__).parents[2]
EXAMPLES = 25  # Of each operation and phase.


def test_nothing_that_the_description_allows_or_forbids_makes_a_server_error(shop: Shop, tmp_path: Path) -> None:
    command = [
        str(Path(sys.executable).parent / "schemathesis"), "run", str(ROOT / "openapi.json"),
        "--url", shop.stack.url,
        "--header", f"Authorization: Bearer {shop.stack.token()}",
        "--header", "X-Tenant-ID: ws_demo",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--phases", "examples,coverage,fuzzing",
        "--max-examples", str(EXAMPLES),
        "--seed", "7",
        "--request-timeout", "35",
        "--workers", "2",
        "--no-color",
    ]  # fmt: skip
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert "0 operations" not in ran.stdout
