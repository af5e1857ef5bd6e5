"""GET /v1/gateways"""

from __future__ import annotations

from payments import wiring
from payments.api.app import Api
from payments.api.call import Call, Result
from payments.api.gateway.query import GatewaysQuery
from payments.api.gateway.responses import GatewayList
from payments.api.routes import ANY_MEMBER
from payments.usecases.gateway.offers import list_gateways as list_offers

api = Api("gateways", wiring)


@api.get("/v1/gateways", roles=ANY_MEMBER, query=GatewaysQuery, answer=GatewayList, codes=("gateway_unavailable",))
def list_gateways(call: Call, query: GatewaysQuery) -> Result:
    """List the gateways that may take a currency, those of the workspace's list first."""
    offers = list_offers(call.workspace, query.currency, query.country or "", query.amount, call.ports)
    return GatewayList.of(offers, query.currency)


handler = api
