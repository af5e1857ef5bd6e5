"""The gateways by name. A function imports only the one that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from payments.domain.clock import Clock
from payments.gateways.contract import Gateway
from payments.gateways.deadline import Deadline
from payments.gateways.tokens import TokenVault

if TYPE_CHECKING:
    import httpx

_MODULE_BY_NAME = {
    "phonepe": "payments.gateways.phonepe",
}
GATEWAYS = tuple(_MODULE_BY_NAME)


class UnknownGatewayName(LookupError):
    """Its text lists the known names."""


@dataclass(frozen=True, slots=True)
class GatewayParts:
    """What a gateway is built of. `read_secret` is asked by gateway name, and only when a secret is needed."""

    settings: Any  # The deployment's; each gateway declares what it reads of them.
    read_secret: Callable[[str], Mapping[str, Any]]
    vault: TokenVault
    clock: Clock
    deadline: Deadline
    on_renewal_failed: Callable[[], None] = lambda: None
    transport: httpx.BaseTransport | None = None  # Tests hand in a simulator.


def build_gateway(name: str, parts: GatewayParts) -> Gateway:
    if name not in _MODULE_BY_NAME:
        raise UnknownGatewayName(f"no gateway {name!r}; there are: {', '.join(GATEWAYS)}")
    module = import_module(_MODULE_BY_NAME[name])
    return cast(Gateway, module.build(parts))
