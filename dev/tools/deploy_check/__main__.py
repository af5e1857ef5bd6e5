"""The command line of `make deploy-check` and `make deploy-verify`. Both only read, except for one payment in
sandbox.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dev.tools.deploy_check.account import find_in_account
from dev.tools.deploy_check.clients import open_clients
from dev.tools.deploy_check.findings import FAIL, LEFT_OUT, Finding, Refusal, find, has_failure
from dev.tools.deploy_check.issuer import check_issuer
from dev.tools.deploy_check.settings import Deployment, find_in_settings, read_deployment
from dev.tools.deploy_check.verify import find_in_stack
from dev.tools.expand import ROOT, read_template

Say = Callable[[str], object]
SAMCONFIG = ROOT / "samconfig.toml"


def main(
    arguments: Sequence[str],
    environment: Mapping[str, str] = os.environ,
    say: Say = sys.stdout.write,
    path: Path = SAMCONFIG,
) -> int:
    """Returns the exit code: 0, or 1 if a check failed."""
    given = _parser().parse_args(arguments)
    stage = environment.get("STAGE", "sandbox") if given.stage is None else given.stage
    findings = _run(given.command, path, stage, environment)
    for finding in findings:
        say(finding.lines)
    command = _COMMANDS[given.command]
    say(f"{command.failure if has_failure(findings) else command.success}\n")
    return int(has_failure(findings))


def _run(command: str, path: Path, stage: str, environment: Mapping[str, str]) -> list[Finding]:
    try:
        deployment = read_deployment(path, stage)
    except Refusal as refusal:
        return [Finding(FAIL, refusal.text, refusal.cure)]
    return _COMMANDS[command].find(deployment, environment)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.tools.deploy_check", description=__doc__)
    parser.add_argument("command", choices=tuple(_COMMANDS))
    parser.add_argument("--stage", help="section of samconfig.toml; else STAGE, else sandbox")
    return parser


def _check(deployment: Deployment, _: Mapping[str, str]) -> list[Finding]:
    template = read_template()
    issuer = deployment.values.get("JwtIssuer", "")
    return [
        *find_in_settings(deployment, template),
        _find_issuer(issuer, template["Parameters"]["JwtIssuer"]["AllowedPattern"]),
        *find_in_account(deployment, template, open_clients(deployment)),
    ]


def _find_issuer(issuer: str, form: str) -> Finding:
    if not re.fullmatch(form, issuer):
        return Finding(LEFT_OUT, "the issuer's discovery document: JwtIssuer is no address yet")
    return find(lambda: check_issuer(issuer))


def _verify(deployment: Deployment, environment: Mapping[str, str]) -> list[Finding]:
    return find_in_stack(deployment, open_clients(deployment), environment)


class _Command(NamedTuple):
    find: Callable[[Deployment, Mapping[str, str]], list[Finding]]
    success: str
    failure: str


_COMMANDS = {
    "check": _Command(_check, "Ready to deploy.", "Not ready: nothing was built or deployed."),
    "verify": _Command(_verify, "The deployment answers as it must.", "The deployment does not answer as it must."),
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
