"""Wiring: builds the ports from gateways, store and AWS. Each is made once for a function instance, on first use."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payments.domain.values.account import Account
from payments.domain.values.clock import Clock
from payments.domain.values.ids import Ids
from payments.gateways.registry import GATEWAYS, GatewayParts, UnknownGatewayName, build_gateway
from payments.gateways.transport.deadline import Deadline
from payments.gateways.transport.reporting import debug_to, report_to
from payments.runtime import aws
from payments.runtime.clock import SystemClock
from payments.runtime.log import count, is_debugging, note
from payments.runtime.settings import Settings, read_settings
from payments.runtime.timed_cache import TimedCache
from payments.store.dynamodb.deployment import DynamoStore
from payments.store.dynamodb.tables.tokens import DynamoTokenVault
from payments.usecases.errors import UnknownGateway
from payments.usecases.metrics import Metric
from payments.usecases.ports import Ports

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from payments.gateways.contract.gateway import Gateway
    from payments.gateways.contract.public import PublicValues
    from payments.usecases.ports import Crew


@cache
def settings() -> Settings:
    return read_settings(GATEWAYS)


@cache
def deadline() -> Deadline:
    """The deadline that each invocation restarts."""
    return Deadline()


@cache
def ports() -> Ports:
    return Ports(
        store=DynamoStore(aws.client("dynamodb"), settings().table_prefix, GATEWAYS),
        gateway=_gateway,
        public=_public,
        accounts=settings().accounts,
        former_accounts=settings().former_accounts,
        clock=_clock(),
        ids=Ids(),
        flow=aws.StepFunctions(settings().poll_state_machine_arn),
        count=count,
        note=note,
        time_left=deadline().left,
        crew=_crew,
        known_gateways=GATEWAYS,
    )


@cache
def _clock() -> Clock:
    if not settings().clock:
        return SystemClock()
    real, virtual, speed, *file = settings().clock.split(",", 3)
    anchor = (float(real), float(virtual), float(speed))
    if not file:
        return SystemClock(*anchor)
    put_forward_s = Path(file[0])
    return SystemClock(*anchor, lambda: float(put_forward_s.read_bytes()))


@cache
def _gateway(account: Account) -> Gateway:
    gateway_parts = GatewayParts(
        settings=settings(),
        read_secret=_secrets(),
        vault=DynamoTokenVault(aws.client("dynamodb"), settings().table_prefix),
        clock=_clock(),
        deadline=deadline(),
        on_renewal_failed=lambda: count(Metric.GATEWAY_TOKEN_FAILED, 1),
        on_failed=report_to(note),
        on_answered=debug_to(note, is_debugging),
    )
    try:
        return build_gateway(account, gateway_parts)
    except UnknownGatewayName as unknown:
        raise UnknownGateway(f"gateway is one of: {', '.join(GATEWAYS)}", gateways=list(GATEWAYS)) from unknown


def _crew() -> AbstractContextManager[Crew]:
    from payments.runtime.threads import threads  # Only sweeps and reconciliations need it.

    return threads(settings().rows_at_once)


def _public(account: Account) -> PublicValues:
    from payments.gateways.kit.public import read_public

    return read_public(account, settings(), _parameters())


@cache
def _secrets() -> TimedCache[str, dict[str, Any]]:
    return TimedCache(aws.read_secret, aws.DOCUMENTS_LAST, _clock())


@cache
def _parameters() -> TimedCache[str, dict[str, Any]]:
    return TimedCache(aws.read_parameter, aws.DOCUMENTS_LAST, _clock())
