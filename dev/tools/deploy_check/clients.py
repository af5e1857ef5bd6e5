"""Calls to AWS: every error is a Refusal that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from dev.tools.deploy_check.findings import Refusal
from dev.tools.deploy_check.settings import Deployment

Clients = Callable[[str], Any]  # Makes a client from a service's name.

ABSENT = "ResourceNotFoundException"  # For `call`, of most services.
CREDENTIALS = "set AWS_PROFILE, or the keys in the environment, and try aws sts get-caller-identity"


def open_clients(deployment: Deployment) -> Clients:
    """Clients for the stack's region. boto3 reads AWS_PROFILE and AWS_ENDPOINT_URL itself."""
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=5, read_timeout=20, retries={"max_attempts": 2})
    options: dict[str, Any] = {"region_name": deployment.region, "config": config}

    @cache
    def open_client(service: str) -> Any:
        return cast(Any, boto3.Session(profile_name=deployment.profile)).client(service, **options)

    return open_client


def call(clients: Clients, service: str, operation: str, absent: str = "", **request: Any) -> Any:
    """The answer; None if AWS's error has the text `absent`. Raises Refusal."""
    try:
        return getattr(clients(service), operation)(**request)
    except ClientError as error:
        if absent and absent in str(error):
            return None
        raise Refusal(f"AWS refuses {operation}: {error}", f"allow it to your identity, or {CREDENTIALS}") from error
    except (BotoCoreError, ValueError) as error:  # ValueError: the region gives no valid address.
        raise Refusal(f"AWS cannot be reached for {operation}: {error}", CREDENTIALS) from error
