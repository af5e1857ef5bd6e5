"""AWS clients of one function instance, created on first use from one session."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import Loader

from payments.domain.records.payment import Attempt, Payment
from payments.domain.values.clock import to_text
from payments.gateways.contract.errors import Misconfigured, Unavailable
from payments.runtime.log import note

# Timeouts: the default of 60 s exceeds the function's time. No parameter validation: we build all requests.
_CONFIG = Config(
    connect_timeout=1,
    read_timeout=2,
    max_pool_connections=64,  # A sweep works on many rows in parallel.
    retries={"mode": "standard", "total_max_attempts": 3},
    parameter_validation=False,
    request_checksum_calculation="when_required",
    user_agent="pavati",  # Botocore composes its own twice a call: 8 % of a warm request.
)

DOCUMENTS_LAST = timedelta(minutes=5)  # In the cache: a rotated secret is in use after that.
_DATA = Path(__file__).with_name("data")
_making = RLock()  # The session is shared by threads and not thread-safe.
_SERVICES = ["dynamodb", "secretsmanager", "ssm", "stepfunctions"]


class _Models(Loader):
    """Loads service models without listing all 400 services, which botocore's loader does twice per client.

    A built layer has the models of the services in use (`dev/tools/aws_models.py`). The source tree has none, so tests
    and the local stack read botocore's.
    """

    def __init__(self) -> None:
        is_built = (_DATA / "dynamodb").is_dir()
        super().__init__(extra_search_paths=[str(_DATA)], include_default_search_paths=not is_built)

    def list_available_services(self, type_name: str) -> list[str]:
        return _SERVICES


@cache
def _session() -> botocore.session.Session:
    random.seed()  # Botocore's jitter: without it, all that is restored from one snapshot draws the same numbers.
    session = botocore.session.get_session()
    # Service models contain their endpoints. Reading the list of all endpoints takes 10 % of a cold start.
    session.register_component("data_loader", _Models())
    return session


@cache
def client(service: str) -> Any:
    with _making:
        return _session().create_client(service, config=_CONFIG)


@cache
def _flow_client() -> Any:
    """Return a client without retries: its call delays saving the gateway's answer, and the sweep is the fallback."""
    with _making:
        return _session().create_client(
            "stepfunctions", config=_CONFIG.merge(Config(retries={"total_max_attempts": 1}))
        )


def read_secret(secret_id: str) -> dict[str, Any]:
    """Return the JSON object of a secret; {} if there is no such secret.

    Raises:
        Misconfigured: it is no JSON object, or this function's role may not read it.
        Unavailable: it could not be read now.
    """

    def ask() -> Any:
        return client("secretsmanager").get_secret_value(SecretId=secret_id).get("SecretString", "")

    return _read(secret_id, ask)


def read_parameter(name: str) -> dict[str, Any]:
    """Return the JSON object of the parameter `/<name>`; otherwise as `read_secret`."""

    def ask() -> Any:
        return client("ssm").get_parameter(Name=f"/{name}")["Parameter"]["Value"]

    return _read(name, ask)


def _read(name: str, ask: Callable[[], Any]) -> dict[str, Any]:
    try:
        text = ask()
    except ClientError as error:
        return _unread(name, error.response["Error"]["Code"])
    except BotoCoreError as error:
        raise Unavailable(f"{name} could not be read: {type(error).__name__}") from error
    try:
        # Not strict: a line break inside a text is reported later, with its field.
        document = json.loads(text.strip().strip("\ufeff"), strict=False)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Misconfigured(f'{name} is no JSON object; write it as {{"field": "text", …}} with straight quotes')
    return document


_MISSING = ("ResourceNotFoundException", "ParameterNotFound")
_DENIED = {"AccessDeniedException": "this function's role may not read it", "DecryptionFailure": "its key is denied"}


def _unread(name: str, code: str) -> dict[str, Any]:
    if code in _MISSING:
        return {}
    if code in _DENIED:
        raise Misconfigured(f"{name} could not be read: {_DENIED[code]}")
    raise Unavailable(f"{name} could not be read: {code}")


class StepFunctions:
    """Starts polling executions. A payment whose execution does not start is checked by the sweep."""

    def __init__(self, state_machine_arn: str) -> None:
        self._state_machine_arn = state_machine_arn

    def start_poll(self, payment: Payment, attempt: Attempt) -> bool:
        if not self._state_machine_arn:
            return False
        polled = {
            "workspace_id": payment.workspace_id,
            "payment_id": payment.id,
            "attempt_id": attempt.id,
            "sent_at": to_text(attempt.sent_at),
            "expires_at": to_text(attempt.expires_at),
        }
        try:
            _flow_client().start_execution(
                stateMachineArn=self._state_machine_arn, name=attempt.id, input=json.dumps(polled)
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return True
            note("poll.unstarted", level="WARNING", attempt_id=attempt.id, error=error.response["Error"]["Code"])
            return False
        except BotoCoreError as error:
            note("poll.unstarted", level="WARNING", attempt_id=attempt.id, error=type(error).__name__)
            return False
        return True
