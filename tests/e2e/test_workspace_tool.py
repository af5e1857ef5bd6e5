"""The tool against the running stack: a member added by it may call the API, one typed into the table may not."""

from __future__ import annotations

import boto3

from tests.e2e.commands import workspace_tool as tool
from tests.e2e.shop import Shop


def payments_seen_by(shop: Shop, subject: str, workspace: str) -> int:
    headers = {"X-Tenant-ID": workspace}
    return shop.stack.call("GET", "/v1/payments", headers=headers, token=shop.stack.token(subject)).http_status


def test_members_of_a_new_workspace_are_accepted_and_a_typed_row_is_not(shop: Shop) -> None:
    tool(shop, "create", "ws_tool", "--name", "Tool", "--owner", "priya", "--owner", "ravi")
    tool(shop, "add-member", "ws_tool", "meera", "--role", "finance")
    assert [payments_seen_by(shop, subject, "ws_tool") for subject in ("priya", "ravi", "meera")] == [200] * 3
    assert "ws_tool" in tool(shop, "show").split()
    session = boto3.Session("local", "local", region_name="ap-south-1")
    dynamodb = session.client("dynamodb", endpoint_url=shop.stack.url)
    row = {"pk": {"S": "T#ws_tool#WS"}, "sk": {"S": "MEMBER#mallory"}, "role": {"S": "owner"}}
    dynamodb.put_item(TableName="pavati-dev-workspaces", Item=row)
    assert payments_seen_by(shop, "mallory", "ws_tool") == 403
    tool(shop, "remove-member", "ws_tool", "mallory")
    tool(shop, "add-member", "ws_tool", "mallory", "--role", "support")
    assert payments_seen_by(shop, "mallory", "ws_tool") == 200


def test_a_workspace_is_debugged_by_the_clock_of_the_stack_and_no_other_is(shop: Shop) -> None:
    for workspace in ("ws_seen", "ws_unseen"):
        tool(shop, "create", workspace, "--owner", "priya", "--owner", "ravi")
    tool(shop, "debug", "ws_seen", "--minutes", "60")
    assert [payments_seen_by(shop, "priya", workspace) for workspace in ("ws_seen", "ws_unseen")] == [200, 200]
    written = shop.stack.call("GET", "/_local/logs?lines=1000").json()
    debug = [line for lines in written.values() for line in lines if '"level":"DEBUG"' in line]
    assert any('"workspace_id":"ws_seen"' in line for line in debug)
    assert not any("ws_unseen" in line for line in debug)
