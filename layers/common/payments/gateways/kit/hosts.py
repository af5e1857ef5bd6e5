"""A gateway's hosts in the deployment's mode: the API's address, and the form of a page for the payer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from payments.gateways.facts import PRODUCTION, SIMULATOR, Hosts
from payments.gateways.registry import simulator_url
from payments.record import record


class Deployment(Protocol):
    """The deployment's settings that every gateway needs."""

    @property
    def gateway_mode(self) -> str: ...
    @property
    def simulator_url(self) -> str: ...
    @property
    def gateway_secret_prefix(self) -> str: ...


@record
class Endpoint:
    """`origin` is the API's address. `page` matches the URLs of the gateway's own pages."""

    mode: str
    origin: str
    page: re.Pattern[str]

    @property
    def is_live(self) -> bool:
        return self.mode == PRODUCTION


def endpoint_of(deployment: Deployment, name: str, by_mode: Mapping[str, Hosts]) -> Endpoint:
    """Return the endpoint for the deployment's mode. A simulator has one origin for all."""
    mode = deployment.gateway_mode
    if mode == SIMULATOR:
        origin = simulator_url(deployment.simulator_url, name)
        return Endpoint(mode, origin, re.compile(re.escape(origin) + "/[!-~]*"))
    hosts = by_mode[mode]
    return Endpoint(mode, hosts.api, re.compile(hosts.page))
