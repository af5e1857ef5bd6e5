"""Where a gateway is, by the deployment's mode, and what an address must look like before a payer is sent to it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

from payments.gateways.facts import PRODUCTION, SIMULATOR, Host
from payments.gateways.registry import simulator_url
from payments.record import record


class Deployment(Protocol):
    """What every gateway reads of the deployment's settings."""

    @property
    def gateway_mode(self) -> str: ...
    @property
    def simulator_url(self) -> str: ...
    @property
    def gateway_secret_prefix(self) -> str: ...


@record
class Place:
    """`page` is what the address of a page of theirs looks like."""

    mode: str
    origin: str
    page: re.Pattern[str]

    @property
    def is_live(self) -> bool:
        return self.mode == PRODUCTION


def read_place(deployment: Deployment, name: str, hosts: Mapping[str, Host]) -> Place:
    """`hosts` by mode; a simulator is API and page."""
    mode = deployment.gateway_mode
    if mode == SIMULATOR:
        origin = simulator_url(deployment.simulator_url, name)
        return Place(mode, origin, re.compile(re.escape(origin) + "/[!-~]*"))
    host = hosts[mode]
    return Place(mode, host.api, re.compile(host.page))
