"""Two merchants at one gateway: a workspace pays at the second account, or changes to another one while it sells."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from payments.domain.account import MAIN, Account
from simulation.cloud import Cloud
from simulation.plan import HOUR, MINUTE, SECOND, Act, Plan
from simulation.settings import PREFIX, WORKSPACE
from simulators.phonepe.settings import SECOND as SECOND_ACCOUNT

GATEWAY = "phonepe"  # Its simulator has two merchants.
_SHARE = 0.25  # Of all histories with PhonePe: those that use both merchants.
_ACCOUNTS = (MAIN, SECOND_ACCOUNT)


def with_moves(plan: Plan, rng: random.Random) -> Plan:
    """The plan with the second account, or as it was."""
    if GATEWAY not in plan.gateways or rng.random() >= _SHARE:
        return plan
    begins = rng.choice(_ACCOUNTS)
    moves = tuple(_moves(begins, rng))
    plan = replace(plan, account=begins, has_second_account=True)
    return replace(plan, acts=tuple(sorted((*plan.acts, *moves), key=lambda act: act.at_ms)))


def accounts_of(plan: Plan) -> list[Account]:
    """Those of the deployment."""
    second = [Account(GATEWAY, SECOND_ACCOUNT)] if plan.has_second_account else []
    return [*map(Account, plan.gateways), *second]


def _moves(begins: str, rng: random.Random) -> Iterator[Act]:
    """At most twice, to the other account and perhaps back."""
    now = begins
    for _ in range(rng.choice((0, 1, 1, 2))):
        now = next(name for name in _ACCOUNTS if name != now)
        yield Act(rng.choice((30 * SECOND, 10 * MINUTE, 2 * HOUR)) * rng.random(), "move", more={"to": now})


def listed(gateways: Sequence[str], account: str) -> list[str]:
    """The gateways of a workspace, in the notation of its list."""
    return [str(Account(name, account if name == GATEWAY else MAIN)) for name in gateways]


def set_list(cloud: Cloud, workspace: str, gateways: Sequence[str], account: str) -> None:
    cloud.dynamo.update_item(
        TableName=f"{PREFIX}workspaces",
        Key={"pk": {"S": f"T#{workspace}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET gateways = :gateways",
        ExpressionAttributeValues={":gateways": {"L": [{"S": name} for name in listed(gateways, account)]}},
    )


def _move(cloud: Cloud, act: Act) -> None:
    set_list(cloud, WORKSPACE, cloud.gateways, act.more["to"])


MOVES: Mapping[str, Callable[[Cloud, Act], None]] = {"move": _move}
