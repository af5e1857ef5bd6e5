"""Runs a page's commands in a shell against the running stack, and checks the lines that the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from dev.local.options import ROOT
from tests.e2e import aws_cli
from tests.e2e.drills import Drill
from tests.e2e.pages import Block, is_shown, of
from tests.e2e.shop import Shop

RUNBOOK = ROOT / "docs/runbook.md"
SUPPORT = ROOT / "docs/support.md"
BASH_SECONDS_MAX = 120


def check(drill: Drill, page: Path, section: str, variables: dict[str, str], folder: Path) -> None:
    """Run a section's commands: each must succeed and print what stands below it."""
    found = of(page, section)
    shown_by = {number - 1: block for number, block in enumerate(found) if block.language == "text"}
    chosen = [(number, block) for number, block in enumerate(found) if block.language == "sh" and not block.needs_aws]
    printed = outputs(drill, [block for _, block in chosen], variables, folder)
    known = {"WS": drill.workspace, "GATEWAY": drill.gateway, **variables}
    for (number, block), output in zip(chosen, printed, strict=True):
        lines = expected(shown_by[number], known) if number in shown_by else []
        assert [line for line in lines if not is_shown(line, output)] == [], f"line {block.line}:\n{output}"


def tools() -> str:
    """What a person sets once in a shell."""
    practise, shell, *_ = (block.commands for block in of(RUNBOOK, "Tools") if block.language == "sh")
    (member, *_) = (block.commands for block in of(RUNBOOK, "Workspaces and members") if block.language == "sh")
    return "\n".join([practise, shell, member.partition("\n")[0]])


def adapted(text: str, shop: Shop) -> str:
    """The page's text with the addresses and places of this run."""
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{shop.stack.port}")
    text = text.replace("127.0.0.1:8101", f"127.0.0.1:{shop.stack.sim_port}")
    return text.replace("=layers/common", f"={ROOT}/layers/common").replace(".venv/bin/python", sys.executable)


def outputs(drill: Drill, chosen: list[Block], variables: dict[str, str], folder: Path) -> list[str]:
    """The output of each block, run one after the other in one shell."""
    script = "\n".join(["set -e", tools(), *(f"echo '@@@'\n{block.commands}" for block in chosen)])
    environment = {"WS": drill.workspace, "GATEWAY": drill.gateway, "CURRENCY": drill.currency, **variables}
    settings = "\n".join(f"export {name}='{value}'" for name, value in environment.items())
    script = script.replace("\nTOKEN=${TOKEN", f"\n{settings}\nTOKEN=${{TOKEN", 1)
    paths = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": f"{ROOT}:{ROOT}/layers/common"}
    with aws_cli.program(folder):
        ran = subprocess.run(
            ["bash", "-c", adapted(script, drill.shop)],
            cwd=folder,
            env=os.environ | paths,
            capture_output=True,
            text=True,
            timeout=BASH_SECONDS_MAX,
            check=False,
        )
    assert ran.returncode == 0, f"{ran.stdout[-3000:]}\n{ran.stderr}"
    return ran.stdout.split("@@@\n")[1:]


def expected(block: Block, variables: dict[str, str]) -> list[str]:
    def filled(found: re.Match[str]) -> str:
        return variables.get(found[1], found[0])

    return [re.sub(r"\$(\w+)", filled, line) for line in block.text.splitlines() if line.strip()]


def workspace_tool(shop: Shop, *arguments: str) -> str:
    """The output of dev.tools.workspace for the running stack. It must succeed."""
    command = [sys.executable, "-m", "dev.tools.workspace", *arguments, "--local"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PORT"] = str(shop.stack.port)
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
