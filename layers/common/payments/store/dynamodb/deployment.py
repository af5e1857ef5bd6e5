"""The deployment's store on DynamoDB: the tables of what belongs to no workspace, and the workspaces' stores."""

from __future__ import annotations

from collections.abc import Collection

from payments.store.dynamodb.client import DynamoDB, FencedClient
from payments.store.dynamodb.codec import encode
from payments.store.dynamodb.tables.cases import UnownedCases
from payments.store.dynamodb.tables.deliveries import Deliveries, Locations
from payments.store.dynamodb.tables.due import DueRows
from payments.store.dynamodb.tables.jobs import Jobs
from payments.store.dynamodb.workspace import DynamoWorkspaceStore


class DynamoStore(Locations, Deliveries, DueRows, Jobs, UnownedCases):
    """Implements `Store`. `client` is a low-level DynamoDB client; table names begin with `table_prefix`.

    `gateways` are the names that a workspace's list of gateways may have.
    """

    def __init__(self, client: DynamoDB, table_prefix: str, gateways: Collection[str]) -> None:
        super().__init__(FencedClient(client, table_prefix))
        self._gateways = gateways

    def within(self, workspace_id: str) -> DynamoWorkspaceStore:
        return DynamoWorkspaceStore(self._client.within(workspace_id), workspace_id, self._gateways)

    def list_workspace_ids(self) -> list[str]:
        rows = self._client.query_all("workspaces", "pk = :pk", {":pk": encode("WORKSPACES")})
        return [row["sk"]["S"] for row in rows]
