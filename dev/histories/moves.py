"""The accounts of a workspace and of its deployment, and how they change while it sells.

A workspace uses the second of two accounts, changes to another one, lists one that is not set up, or has no list. An
account is retired from the deployment. Webhooks come to an address that no account has.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from dev.histories.cloud import Cloud
from dev.histories.plan import HOUR, MINUTE, SECOND, Act, Plan
from dev.histories.settings import PREFIX, WORKSPACE
from gateway_simulators import GATEWAYS
from gateway_simulators.kit.parts import parts_of
from payments.domain.values.account import MAIN, Account

# Its simulator has two accounts.
GATEWAY = next(name for name in GATEWAYS if hasattr(parts_of(name).settings, "merchants"))
MISSING = "us"  # No deployment has an account of this name.
NO_LIST = ""  # In place of an account's name: the workspace has no list of gateways.
_SHARE = 0.25  # Of all histories with that gateway: those that use both merchants.
_NO_LIST_SHARE, _MISADDRESSED_SHARE = 0.05, 0.05
_ACCOUNTS = tuple(parts_of(GATEWAY).settings().merchants)  # The main one, and the second.


def with_moves(plan: Plan, rng: random.Random) -> Plan:
    """The plan with the second account, without a list, or unchanged; perhaps with webhooks at a wrong address."""
    if GATEWAY in plan.gateways and rng.random() < _SHARE:
        begins = rng.choice(_ACCOUNTS)
        is_routed = plan.is_routed or rng.random() < 0.5
        plan = replace(plan, account=begins, has_second_account=True, is_routed=is_routed)
        acts = [*_moves(begins, rng)]
    else:
        plan = replace(plan, account=NO_LIST) if rng.random() < _NO_LIST_SHARE else plan
        acts = []
    acts += _misaddressed(plan, rng)
    return replace(plan, acts=tuple(sorted((*plan.acts, *acts), key=lambda act: act.at_ms)))


def accounts_of(plan: Plan) -> list[Account]:
    """Accounts of the deployment."""
    second = [Account(GATEWAY, _ACCOUNTS[1])] if plan.has_second_account else []
    return [*map(Account, plan.gateways), *second]


def _moves(begins: str, rng: random.Random) -> Iterator[Act]:
    """Change to the other account and perhaps back, sometimes by way of a missing one. The former account may be
    retired.
    """
    now, at_ms = begins, 0.0
    for _ in range(rng.choice((0, 1, 1, 2))):
        if rng.random() < 0.3:
            at_ms += _some_ms(rng)
            yield Act(at_ms, "move", more={"to": MISSING})
        at_ms += _some_ms(rng)
        left, now = now, next(name for name in _ACCOUNTS if name != now)
        yield Act(at_ms, "move", more={"to": now})
        if rng.random() < 0.3:
            yield Act(at_ms + _some_ms(rng), "retire", more={"account": left})
            return


def _some_ms(rng: random.Random) -> float:
    return rng.choice((30 * SECOND, 10 * MINUTE, 2 * HOUR)) * rng.random()


def _misaddressed(plan: Plan, rng: random.Random) -> Iterator[Act]:
    if rng.random() < _MISADDRESSED_SHARE:
        gateway, account = rng.choice(((plan.gateways[0], MISSING), ("nobody", MAIN)))
        yield Act(
            _some_ms(rng), "misaddress", rng.choice(sorted(plan.amounts)), {"gateway": gateway, "account": account}
        )


def listed(gateways: Sequence[str], account: str) -> list[str]:
    """The workspace's gateways, in the notation of its setting."""
    if account == NO_LIST:
        return []
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


def _retire(cloud: Cloud, act: Act) -> None:
    cloud.retire(Account(GATEWAY, act.more["account"]))


MOVES: Mapping[str, Callable[[Cloud, Act], None]] = {"move": _move, "retire": _retire}
