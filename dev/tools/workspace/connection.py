"""The tables that the tool works on, and the caller's identity."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.request import urlopen

from botocore.exceptions import BotoCoreError, ClientError

from dev.tools.workspace.commands import RefusedError
from payments.store.dynamodb.client import FencedClient

_LOCAL_REGION = "ap-south-1"


@dataclass(frozen=True, slots=True)
class Connection:
    """`where` is for people; `actor` goes into the events; `now` is the deployment's clock."""

    client: FencedClient
    where: str
    actor: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def open_connection(*, is_local: bool, stage: str, environment: Mapping[str, str] = os.environ) -> Connection:
    """The tables of a stage by the usual AWS environment, or those of `make run`.

    Raises:
        RefusedError: no stage is given, or AWS has no credentials or region.
    """
    prefix = table_prefix(is_local=is_local, stage=stage, environment=environment)
    # boto3 itself reads AWS_DEFAULT_REGION and the profile; the AWS CLI reads AWS_REGION first.
    session: dict[str, Any] = {"region_name": environment.get("AWS_REGION") or None}
    where = f"{prefix}workspaces in AWS"
    if is_local:
        url = f"http://127.0.0.1:{environment.get('PORT') or '8000'}"
        keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        session = {"endpoint_url": url, "region_name": _LOCAL_REGION, **keys}
        where = f"{prefix}workspaces at {url}"
    import boto3  # Importing it takes longer than refusing an argument.

    try:
        client = cast(Any, boto3.client)("dynamodb", **session)
        actor = f"operator:{getpass.getuser()}@local" if is_local else f"operator:{_identity(boto3, session)}"
    except (BotoCoreError, ClientError) as error:
        hint = "set AWS_PROFILE and AWS_REGION, or use --local for make run"
        raise RefusedError(f"AWS is not reached as anybody ({error}): {hint}") from error
    fenced = FencedClient(client, prefix)
    return Connection(fenced, where, actor, lambda: _local_now(url)) if is_local else Connection(fenced, where, actor)


def _local_now(url: str) -> datetime:
    """The clock of `make run`, which may run faster or have been put forward."""
    with urlopen(f"{url}/_local/status", timeout=5) as answer:  # noqa: S310  Our own address.
        return datetime.fromtimestamp(json.load(answer)["clock"]["now"], UTC)


def table_prefix(*, is_local: bool, stage: str, environment: Mapping[str, str]) -> str:
    """The prefix of the tables' names. Raises RefusedError."""
    if is_local:
        return "pavati-dev-"
    if stage := stage or environment.get("STAGE", ""):
        return f"pavati-{stage}-"
    if prefix := environment.get("TABLE_PREFIX", ""):
        return prefix
    raise RefusedError("say which deployment: --stage sandbox, STAGE=sandbox, or --local for make run")


def _identity(boto3: Any, session: Mapping[str, Any]) -> str:
    """The caller's ARN. Every identity may ask for it."""
    return str(boto3.client("sts", **session).get_caller_identity()["Arn"])
