"""What a browser may know of an account: the parameter `…/public`, which repeats it beside the secrets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payments.domain.account import Account
from payments.gateways.contract.errors import Misconfigured
from payments.gateways.contract.public import Public
from payments.gateways.facts import facts_of
from payments.gateways.places import Deployment
from payments.gateways.secret import Secret

CONFIGURED = "configured"


NOTHING = Public(is_configured=False, values={})


def read_public(account: Account, deployment: Deployment, read: Callable[[str], Mapping[str, Any]]) -> Public:
    """`read` gives the JSON object of a parameter by its name.

    A parameter that is missing, or that cannot be understood, is of an account that nobody has set up. A text that does
    not fit its field is as good as none.

    Raises:
        Unavailable: it could not be read now.
    """
    facts = facts_of(account.gateway)
    where = f"{deployment.gateway_secret_prefix}/{account.gateway}/{account.name}"
    try:
        document = read(f"{where}/public")
    except Misconfigured:
        return NOTHING
    given = Secret(where, lambda _: document, facts.fields_of(deployment.gateway_mode))
    values = {name: text for name in facts.PUBLIC if (text := given.text(name))}
    return Public(document.get(CONFIGURED) is True, values)
