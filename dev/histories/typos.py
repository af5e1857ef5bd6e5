"""Somebody mistypes a setting of the workspace, and corrects it some time later."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from dev.histories.cloud import Cloud
from dev.histories.moves import listed
from dev.histories.plan import HOUR, MINUTE, SECOND, Act, Plan
from dev.histories.settings import PREFIX, WORKSPACE, WRONG_FORMS

_SHARE = 0.15  # Of all histories.
_WRONG_FORM_SHARE = 0.08
_BAD = {"late_success": "keep", "country": "UK"}


def with_typo(plan: Plan, rng: random.Random) -> Plan:
    """The plan with a setting that is wrong for a while, or unchanged."""
    if rng.random() >= _SHARE:
        return plan
    right = {"late_success": plan.late_success, "country": plan.country}
    name = rng.choices(("late_success", "country"), (4, 1))[0]
    typed_ms = rng.choice((5 * SECOND, 4 * MINUTE, 20 * MINUTE, HOUR)) * rng.uniform(0.5, 1.5)
    mended_ms = typed_ms + rng.choice((30 * SECOND, 10 * MINUTE, 2 * HOUR)) * rng.uniform(0.5, 1.5)
    acts = (
        Act(typed_ms, "mistype", more={"name": name, "text": _BAD[name]}),
        Act(mended_ms, "mend", more={"name": name, "text": right[name]}),
    )
    return replace(plan, acts=tuple(sorted((*plan.acts, *acts), key=lambda act: act.at_ms)))


def with_wrong_form(plan: Plan, rng: random.Random) -> Plan:
    """The plan with a setting whose value has a wrong form for a while, or unchanged."""
    if rng.random() >= _WRONG_FORM_SHARE:
        return plan
    name, value = rng.choice(WRONG_FORMS)
    gateways = {"L": [{"S": name} for name in listed(plan.gateways, plan.account)]}
    right = {"gateways": gateways, "two_person_above": {"N": "50000"}, "debug_until": {"S": ""}}
    typed_ms = rng.choice((SECOND, 4 * MINUTE, HOUR)) * rng.uniform(0.5, 1.5)
    mended_ms = typed_ms + rng.choice((30 * SECOND, 10 * MINUTE)) * rng.uniform(0.5, 1.5)
    acts = (
        Act(typed_ms, "mistype", more={"name": name, "value": value}),
        Act(mended_ms, "mend", more={"name": name, "value": right[name]}),
    )
    return replace(plan, acts=tuple(sorted((*plan.acts, *acts), key=lambda act: act.at_ms)))


def _type(cloud: Cloud, act: Act) -> None:
    cloud.dynamo.update_item(
        TableName=f"{PREFIX}workspaces",
        Key={"pk": {"S": f"T#{WORKSPACE}#WS"}, "sk": {"S": "WORKSPACE"}},
        UpdateExpression="SET #name = :text",
        ExpressionAttributeNames={"#name": act.more["name"]},
        ExpressionAttributeValues={":text": act.more.get("value") or {"S": act.more["text"]}},
    )


TYPOS: Mapping[str, Callable[[Cloud, Act], None]] = {"mistype": _type, "mend": _type}
