"""python -m dev.tools.workspace: what it writes, refuses and prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dev.dynamodb_model import DynamoDB
from dev.local.blueprint import TableSpec
from dev.local.provision import create_tables
from dev.local.testing import blueprint
from dev.tools.workspace.__main__ import main
from dev.tools.workspace.commands import RefusedError
from dev.tools.workspace.connection import Connection, open_connection, table_prefix
from dev.tools.workspace.state import State, get_state
from payments.domain.records.chain import is_unbroken
from payments.domain.values.clock import from_text
from payments.gateways.registry import GATEWAYS
from payments.store.contract.workspaces import Member, Workspace
from payments.store.dynamodb.client import FencedClient
from payments.store.dynamodb.deployment import DynamoStore

PREFIX = "pavati-sandbox-"
TABLE = f"{PREFIX}workspaces"
CREATE = ("create", "ws_shop", "--name", "My shop", "--owner", "sub-1", "--owner", "sub-2")
Items = list[dict[str, Any]]


class Recording:
    """A DynamoDB client that records its transactions; a test can act before one of them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.transactions: list[Any] = []
        self.before: Callable[[], object] | None = None

    def __getattr__(self, method: str) -> Any:
        return getattr(self._client, method)

    def transact_write_items(self, **request: Any) -> Any:
        self.transactions.append(request["TransactItems"])
        if self.before:
            act, self.before = self.before, None
            act()
        return self._client.transact_write_items(**request)


@dataclass
class Deployment:
    dynamo: Recording
    printed: list[str] = field(default_factory=list)

    def run(self, *arguments: str, ends: int = 0) -> str:
        """What it printed; it must end with this code."""
        self.printed.clear()
        assert main(arguments, lambda given: self.connection, self.printed.append) == ends
        return "".join(self.printed)

    @property
    def connection(self) -> Connection:
        return Connection(FencedClient(self.dynamo, PREFIX), f"{TABLE} in AWS", "operator:arn:aws:iam::1:user/priya")

    def state(self, workspace_id: str = "ws_shop") -> State:
        return get_state(self.connection.client.within(workspace_id), workspace_id)

    def member(self, subject: str, workspace_id: str = "ws_shop") -> Member | None:
        return DynamoStore(self.dynamo, PREFIX, GATEWAYS).within(workspace_id).get_member(subject)

    def items(self) -> Items:
        found: Items = self.dynamo.scan(TableName=TABLE)["Items"]
        return found


@pytest.fixture
def empty() -> Deployment:
    dynamo = DynamoDB(lambda: 0.0)
    (table,) = (table for table in blueprint().tables if table.name.endswith("-workspaces"))
    create_tables(dynamo, [TableSpec(TABLE, table.request | {"TableName": TABLE})])
    return Deployment(Recording(dynamo))


@pytest.fixture
def shop(empty: Deployment) -> Deployment:
    empty.run(*CREATE)
    return empty


def refusal(deployment: Deployment, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The reason of a refusal; nothing must be written."""
    before = deployment.items()
    deployment.run(*arguments, ends=1)
    assert deployment.items() == before
    response = capsys.readouterr().err
    assert response.startswith("nothing was written: ")
    return response.removeprefix("nothing was written: ").strip()


def test_a_workspace_and_its_two_owners_are_one_transaction_on_condition_that_nothing_is_there(
    empty: Deployment,
) -> None:
    response = empty.run(*CREATE, "--country", "US", "--gateways", "stripe,square", "--two-person-above", "100")
    (transaction,) = empty.dynamo.transactions
    puts = {action["Put"]["Item"]["sk"]["S"]: action["Put"] for action in transaction}
    assert set(puts) == {
        "ws_shop", "WORKSPACE", "E#0000000001", "E#0000000002", "E#0000000003",
        "MEMBER#sub-1", "GRANT#sub-1", "MEMBER#sub-2", "GRANT#sub-2",
    }  # fmt: skip
    unconditional = {sk for sk, put in puts.items() if "ConditionExpression" not in put}
    assert unconditional == {"GRANT#sub-1", "GRANT#sub-2"}
    assert puts["ws_shop"]["Item"]["pk"] == {"S": "WORKSPACES"}
    assert len(empty.items()) == len(puts)
    workspace = Workspace("ws_shop", "My shop", "grant", "US", ("stripe", "square"), 100)
    assert empty.member("sub-1") == empty.member("sub-2") == Member("owner", workspace)
    assert DynamoStore(empty.dynamo, PREFIX, GATEWAYS).list_workspace_ids() == ["ws_shop"]
    assert [line.split()[1] for line in response.splitlines()] == ["workspace.created", "member.added", "member.added"]


def test_every_change_leaves_an_event_with_who_did_it(shop: Deployment) -> None:
    shop.run("add-member", "ws_shop", "sub-3", "--role", "finance")
    shop.run("set", "ws_shop", "--late-success", "review", "--name", "New name")
    shop.run("remove-member", "ws_shop", "sub-3")
    events = list(shop.state().events)
    assert [(event.seq, event.kind, event.subject, event.role) for event in events] == [
        (1, "workspace.created", "", ""),
        (2, "member.added", "sub-1", "owner"),
        (3, "member.added", "sub-2", "owner"),
        (4, "member.added", "sub-3", "finance"),
        (5, "workspace.changed", "", ""),
        (6, "member.removed", "sub-3", "finance"),
    ]
    assert is_unbroken(events)
    assert {event.actor for event in events} == {"operator:arn:aws:iam::1:user/priya"}
    assert json.loads(events[4].settings) == {"late_success": "review", "name": "New name"}


def test_a_setting_that_is_not_named_stays(shop: Deployment) -> None:
    shop.run("set", "ws_shop", "--gateways", "razorpay, phonepe")
    shop.run("set", "ws_shop", "--country", "US")
    member = shop.member("sub-1")
    assert member is not None
    assert member.workspace == Workspace("ws_shop", "My shop", "grant", "US", ("razorpay", "phonepe"), 50_000)
    shop.run("set", "ws_shop", "--gateways", "stage")
    assert shop.state().settings["gateways"] == ()


def test_a_member_comes_and_goes_and_comes_with_another_role(shop: Deployment) -> None:
    shop.run("add-member", "ws_shop", "sub-3", "--role", "member")
    assert shop.member("sub-3") is not None
    shop.run("remove-member", "ws_shop", "sub-3")
    assert shop.member("sub-3") is None
    shop.run("add-member", "ws_shop", "sub-3", "--role", "finance")
    member = shop.member("sub-3")
    assert member is not None
    assert member.role == "finance"


def test_an_operator_is_added_to_the_deployment_and_is_no_workspace(empty: Deployment) -> None:
    empty.run("add-member", "_deployment", "sub-9", "--role", "operator")
    assert empty.member("sub-9", "_deployment") == Member("operator", None)
    assert empty.run("show") == ""
    assert "operator  sub-9" in empty.run("show", "_deployment")
    empty.run("remove-member", "_deployment", "sub-9")
    assert empty.member("sub-9", "_deployment") is None


def test_show_has_settings_members_and_changes(shop: Deployment) -> None:
    assert shop.run("show") == "ws_shop\n"
    response = shop.run("show", "ws_shop")
    assert response.splitlines()[0] == "ws_shop  (pavati-sandbox-workspaces in AWS)"
    for line in ("name              My shop", "late_success      grant", "two_person_above  50000", "owner     sub-1"):
        assert f"  {line}" in response.splitlines()
    assert "member.added       sub-2 owner  by operator:arn:aws:iam::1:user/priya" in response


def test_of_a_dry_run_all_is_shown_and_nothing_is_written(empty: Deployment) -> None:
    response = empty.run(*CREATE, "--dry-run")
    assert empty.dynamo.transactions == []
    assert empty.items() == []
    assert "Would be written to pavati-sandbox-workspaces in AWS in one transaction" in response
    for line in ("put    WORKSPACES / ws_shop  if attribute_not_exists(pk)", "put    T#ws_shop#WS / MEMBER#sub-1"):
        assert line in response
    assert "role = owner" in response
    assert "gateways = []" in response


def test_a_dry_run_of_the_other_commands_writes_nothing_either(shop: Deployment) -> None:
    before = shop.items()
    assert "late_success = review" in shop.run("set", "ws_shop", "--late-success", "review", "--dry-run")
    assert "MEMBER#sub-3" in shop.run("add-member", "ws_shop", "sub-3", "--role", "member", "--dry-run")
    assert "delete T#ws_shop#WS" not in shop.run("add-member", "ws_shop", "sub-3", "--role", "owner", "--dry-run")
    assert shop.items() == before
    assert len(shop.dynamo.transactions) == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("create", "ws_new", "--owner", "a"), "name at least 2 different owners: --owner SUBJECT --owner SUBJECT"),
        (("create", "ws_new", "--owner", "a", "--owner", "a"), "name at least 2 different owners"),
        (("create", "ws_new", "--owner", "a", "--owner", "b", "--owner", "a"), "name each owner once"),
        (("create", "ws_new", "--owner", "a", "--owner", ""), "send the sub claim of the member's token: 1 to 255"),
        (("create", "ws new", "--owner", "a", "--owner", "b"), "'ws new' cannot be a workspace's id: send 1 to 64"),
        (("create", "", "--owner", "a", "--owner", "b"), "'' cannot be a workspace's id"),
        (("create", "a" * 65, "--owner", "a", "--owner", "b"), "cannot be a workspace's id"),
        (("create", "_deployment", "--owner", "a", "--owner", "b"), "_deployment is no workspace"),
        (("create", "ws_shop", "--owner", "a", "--owner", "b"), "ws_shop exists: show it"),
        ((*CREATE, "--country", "UK"), "country is an ISO 3166-1 alpha-2 code, for example IN or US, not a text of 2"),
        ((*CREATE, "--gateways", " , "), "--gateways is empty: name accounts with commas between, or say stage"),
        (
            (*CREATE, "--gateways", "paytm"),
            "gateways is a list of phonepe, razorpay,",
        ),
        ((*CREATE, "--two-person-above", "1.5"), "two_person_above is a whole number of major units, from 0 on, not a"),
        (("add-member", "ws_shop", "x", "--role", "king"), "no role 'king' in ws_shop: send one of owner, admin,"),
        (("add-member", "ws_shop", "x", "--role", "operator"), "there is no role 'operator' in ws_shop"),
        (("add-member", "_deployment", "x", "--role", "owner"), "no role 'owner' in _deployment: send operator"),
        (("add-member", "ws_shop", "", "--role", "owner"), "send the sub claim of the member's token"),
        (("add-member", "ws_shop", "a\nb", "--role", "owner"), "send the sub claim of the member's token"),
        (("add-member", "ws_shop", "sub-1", "--role", "finance"), "sub-1 is owner in ws_shop: remove-member first"),
        (("add-member", "ws_none", "x", "--role", "owner"), "there is no workspace ws_none: create it, or run show"),
        (("add-member", "ws/none", "x", "--role", "owner"), "'ws/none' cannot be a workspace's id"),
        (("remove-member", "ws_shop", "x"), "x is no member of ws_shop: show lists the members"),
        (("remove-member", "ws_shop", "sub-1"), "ws_shop needs at least 2 owners: add another owner first"),
        (("set", "ws_shop"), "say what to set: --name, --late-success"),
        (("set", "ws_shop", "--late-success", "keep"), "late_success is one of grant, refund, review, not a text of 4"),
        (("set", "ws_none", "--late-success", "review"), "there is no workspace ws_none"),
        (("set", "_deployment", "--name", "x"), "_deployment has operators and no settings"),
        (("debug", "ws_shop", "--minutes", "61"), "send --minutes 1 to 60, or --off"),
        (("debug", "ws_shop", "--minutes", "0"), "send --minutes 1 to 60, or --off"),
        (("debug", "ws_shop", "--minutes", "-5"), "send --minutes 1 to 60, or --off"),
        (("debug", "_deployment"), "_deployment has operators and no settings"),
        (("debug", "ws_none"), "there is no workspace ws_none"),
        (("show", "ws_none"), "there is no workspace ws_none: run show without an id for a list"),
    ],
)
def test_what_is_wrong_is_refused_with_what_to_send_instead(
    shop: Deployment, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], why: str
) -> None:
    assert why in refusal(shop, capsys, *arguments)


def test_all_bad_settings_are_named_at_once(shop: Deployment, capsys: pytest.CaptureFixture[str]) -> None:
    response = refusal(shop, capsys, "set", "ws_shop", "--late-success", "x", "--country", "x")
    assert [line.split()[0] for line in response.splitlines()] == ["late_success", "country"]


def test_a_setting_that_is_bad_already_must_be_mended_in_the_same_change(
    shop: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(shop, "WORKSPACE", country={"S": "UK"})
    response = shop.run("show", "ws_shop", ends=1)
    assert "MEND: country is an ISO 3166-1 alpha-2 code, for example IN or US: change it with set" in response
    assert "country is" in refusal(shop, capsys, "set", "ws_shop", "--late-success", "review")
    shop.run("set", "ws_shop", "--country", "GB")
    shop.run("show", "ws_shop")


def typed(deployment: Deployment, sk: str, **attributes: Any) -> None:
    """What a person writes at the console."""
    key = {"pk": {"S": "T#ws_shop#WS"}, "sk": {"S": sk}}
    item = deployment.dynamo.get_item(TableName=TABLE, Key=key).get("Item", key)
    deployment.dynamo.put_item(TableName=TABLE, Item=item | attributes)


def test_debugging_is_switched_on_for_a_time_and_off_again(shop: Deployment) -> None:
    before = datetime.now(UTC)
    response = shop.run("debug", "ws_shop", "--minutes", "45")
    workspace = DynamoStore(shop.dynamo, PREFIX, GATEWAYS).within("ws_shop").get_workspace()
    ends_in = from_text(workspace.debug_until) - before
    assert timedelta(minutes=45) - timedelta(seconds=1) < ends_in < timedelta(minutes=46)
    event = shop.state().events[-1]
    assert (event.kind, json.loads(event.settings)) == ("workspace.changed", {"debug_until": workspace.debug_until})
    assert workspace.debug_until in response
    assert f"  debug_until       {workspace.debug_until}" in shop.run("show", "ws_shop").splitlines()
    shop.run("set", "ws_shop", "--late-success", "review")
    assert shop.state().debug_until == workspace.debug_until
    shop.run("debug", "ws_shop", "--off")
    assert shop.state().debug_until == ""
    assert "debug_until " not in shop.run("show", "ws_shop").partition("changes")[0]


def test_debugging_lasts_half_an_hour_if_nothing_is_given(shop: Deployment) -> None:
    shop.run("debug", "ws_shop")
    ends_in = from_text(shop.state().debug_until) - datetime.now(UTC)
    assert timedelta(minutes=29) < ends_in <= timedelta(minutes=30)


def test_show_finds_a_row_without_its_event_and_the_way_out_works(
    shop: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(shop, "MEMBER#mallory", role={"S": "owner"})
    response = shop.run("show", "ws_shop", ends=1)
    assert "mallory   NO MEMBER: no event backs this row" in response
    assert "MEND: no event backs mallory: remove-member, then add-member if it is right" in response
    again = refusal(shop, capsys, "add-member", "ws_shop", "mallory", "--role", "finance")
    assert again == "mallory has a row that no event backs in ws_shop: remove-member first, then add-member"
    shop.run("remove-member", "ws_shop", "mallory")
    shop.run("show", "ws_shop")
    shop.run("add-member", "ws_shop", "mallory", "--role", "finance")
    assert shop.member("mallory") is not None


def test_a_row_without_its_event_does_not_count_as_an_owner(
    shop: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(shop, "MEMBER#mallory", role={"S": "owner"})
    assert "needs at least 2 owners" in refusal(shop, capsys, "remove-member", "ws_shop", "sub-1")


def test_show_finds_an_event_that_is_missing_in_the_stream_or_altered(shop: Deployment) -> None:
    typed(shop, "E#0000000001", actor={"S": "somebody else"})
    assert "MEND: the stream of changes has a gap or an altered event" in shop.run("show", "ws_shop", ends=1)
    shop.dynamo.delete_item(TableName=TABLE, Key={"pk": {"S": "T#ws_shop#WS"}, "sk": {"S": "E#0000000003"}})
    response = shop.run("show", "ws_shop", ends=1)
    assert "MEND: no event backs sub-2" in response


def test_of_two_changes_at_once_one_is_refused_and_says_how_to_go_on(
    shop: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Deployment(Recording(shop.dynamo._client))
    shop.dynamo.before = lambda: other.run("add-member", "ws_shop", "sub-3", "--role", "finance")
    shop.run("add-member", "ws_shop", "sub-4", "--role", "finance", ends=1)
    response = capsys.readouterr().err
    assert response.startswith("nothing was written: T#ws_shop#WS / E#0000000004 was changed meanwhile: run show")
    assert [event.subject for event in shop.state().events][3:] == ["sub-3"]
    assert shop.member("sub-4") is None


def test_of_two_who_create_one_workspace_at_once_one_is_refused_whole(
    empty: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Deployment(Recording(empty.dynamo._client))
    empty.dynamo.before = lambda: other.run("create", "ws_shop", "--owner", "sub-7", "--owner", "sub-8")
    empty.run(*CREATE, ends=1)
    assert "WORKSPACES / ws_shop" in capsys.readouterr().err
    assert set(empty.state().members) == {"sub-7", "sub-8"}


def test_nothing_that_a_hand_left_there_counts_as_a_new_workspace(
    empty: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(empty, "MEMBER#mallory", role={"S": "owner"})
    assert "ws_shop exists" in refusal(empty, capsys, *CREATE)


@pytest.mark.parametrize(
    ("is_local", "stage", "environment", "prefix"),
    [
        (True, "", {}, "pavati-dev-"),
        (True, "", {"STAGE": "production"}, "pavati-dev-"),
        (False, "sandbox", {"STAGE": "production", "TABLE_PREFIX": "x-"}, "pavati-sandbox-"),
        (False, "", {"STAGE": "production", "TABLE_PREFIX": "x-"}, "pavati-production-"),
        (False, "", {"TABLE_PREFIX": "x-"}, "x-"),
    ],
)
def test_the_tables_are_those_of_the_stage(
    is_local: bool, stage: str, environment: Mapping[str, str], prefix: str
) -> None:
    assert table_prefix(is_local=is_local, stage=stage, environment=environment) == prefix


def test_a_deployment_that_is_not_named_is_requested() -> None:
    with pytest.raises(RefusedError, match="say which deployment: --stage sandbox"):
        open_connection(is_local=False, stage="", environment={})


def test_locally_it_works_on_the_port_of_make_run() -> None:
    connection = open_connection(is_local=True, stage="", environment={"PORT": "8123"})
    assert connection.where == "pavati-dev-workspaces at http://127.0.0.1:8123"
    assert connection.actor.endswith("@local")


def test_in_aws_it_is_the_region_and_the_person_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[tuple[str, dict[str, Any]]] = []

    class Client:
        def get_caller_identity(self) -> dict[str, str]:
            return {"Arn": "arn:aws:sts::1:assumed-role/admin/priya"}

    def client(service: str, **given: Any) -> Client:
        wanted.append((service, given))
        return Client()

    monkeypatch.setattr("boto3.client", client)
    connection = open_connection(is_local=False, stage="sandbox", environment={"AWS_REGION": "ap-south-2"})
    assert connection.where == "pavati-sandbox-workspaces in AWS"
    assert connection.actor == "operator:arn:aws:sts::1:assumed-role/admin/priya"
    assert wanted == [("dynamodb", {"region_name": "ap-south-2"}), ("sts", {"region_name": "ap-south-2"})]


def test_without_credentials_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(RefusedError, match="set AWS_PROFILE and AWS_REGION, or use --local"):
        open_connection(is_local=False, stage="sandbox", environment={})


def test_the_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    response = capsys.readouterr().out
    assert "create ws_shop --name" in response
    assert "add-member _deployment SUB --role operator" in response
