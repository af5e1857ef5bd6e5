"""The local stack as a whole, on the fixture template."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from dev.local.blueprint import REGION
from dev.local.options import Options
from dev.local.testing import Answer, RunningStack, free_ports, running_stack, start_stack
from gateway_simulators import GATEWAYS

FIXTURE = Path(__file__).parent / "fixture" / "template.yaml"


def aws(stack: RunningStack, service: str) -> Any:
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name=REGION)
    config = Config(retries={"total_max_attempts": 1})
    return session.client(service, endpoint_url=stack.url, config=config)  # type: ignore[call-overload]


def behave(stack: RunningStack, **query: Any) -> Answer:
    return stack.call("POST", "/behave", query)


def things(stack: RunningStack) -> dict[str, dict[str, str]]:
    found = aws(stack, "dynamodb").scan(TableName="dev-things")["Items"]
    return {item["sk"]["S"]: {name: next(iter(value.values())) for name, value in item.items()} for item in found}


def wait_until(is_so: Callable[[], Any], seconds: float = 20) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.05)


def is_alive(process_id: int) -> bool:
    status = Path(f"/proc/{process_id}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def children_of(process_id: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(process_id)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def test_a_hundred_parallel_cold_calls_all_succeed(stack: RunningStack) -> None:
    with ThreadPoolExecutor(100) as callers:
        answers = list(callers.map(lambda number: behave(stack, put=f"cold-{number}"), range(100)))
    assert [answer.http_status for answer in answers] == [200] * 100
    assert sum(name.startswith("cold-") for name in things(stack)) == 100
    assert stack.status()["functions"]["BehaveFunction"]["workers"] <= 3


def test_a_token_from_the_local_issuer_opens_the_api(stack: RunningStack) -> None:
    answer = stack.call("GET", "/v1/things/a%20b?x=1", token=stack.token("finance"))
    seen = answer.json()
    assert answer.http_status == 201
    assert seen["event"]["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] == "finance"
    assert seen["event"]["pathParameters"] == {"thing_id": "a b"}
    assert 1000 < seen["deadline_ms"] <= 2000
    assert stack.call("GET", "/v1/things/a").http_status == 401
    assert stack.call("GET", "/v1/things/a", token=stack.token(ttl_seconds=-1)).http_status == 401


def test_a_worker_sees_its_template_and_nothing_of_the_developer(stack: RunningStack) -> None:
    environment = stack.call("POST", "/open/1", {}).json()["environment"]
    assert environment["AWS_ENDPOINT_URL"] == stack.url
    assert environment["TABLE"] == "dev-things"
    assert environment["AWS_REGION"] == "ap-south-1"
    assert environment["LAMBDA_TASK_ROOT"].endswith("functions/echo")
    assert environment["PAVATI_CLOCK"].split(",")[2] == "40"
    assert "PYTEST_CURRENT_TEST" not in environment


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"sleep": 30}, "Sandbox.Timedout"),
        ({"exit": 3}, "Runtime.ExitError"),
        ({"fail": "why"}, "DeliberateError: why"),
    ],
)
def test_a_failed_call_is_a_500_and_one_line_at_the_console(stack: RunningStack, query: Any, error: str) -> None:
    answer = behave(stack, **query)
    assert (answer.http_status, answer.json()) == (500, {"message": "Internal Server Error"})
    assert f"BehaveFunction failed: {error}" in stack.output.read_text()
    assert behave(stack).http_status == 200


def test_the_lambda_api_answers_as_lambda_does(stack: RunningStack) -> None:
    client = aws(stack, "lambda")
    done = client.invoke(FunctionName="BehaveFunction", Payload=b'{"body": "{\\"return\\": 7}"}')
    assert (done["StatusCode"], done["Payload"].read(), "FunctionError" in done) == (200, b"7", False)
    failed = client.invoke(FunctionName="BehaveFunction", Payload=b'{"body": "{\\"fail\\": \\"why\\"}"}')
    assert failed["FunctionError"] == "Unhandled"
    assert json.loads(failed["Payload"].read())["errorType"] == "DeliberateError"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="Nobody")
    event = {"body": '{"put": "async"}'}
    assert (
        client.invoke(FunctionName="BehaveFunction", InvocationType="Event", Payload=json.dumps(event))["StatusCode"]
        == 202
    )
    wait_until(lambda: "async" in things(stack))


def test_a_secret_and_the_members_are_seeded(stack: RunningStack) -> None:
    secret = aws(stack, "secretsmanager").get_secret_value(SecretId="dev/thing")
    assert json.loads(secret["SecretString"])
    items = aws(stack, "dynamodb").scan(TableName="dev-workspaces")["Items"]
    roles = {(item["pk"]["S"], item["sk"]["S"]): item.get("role", {}).get("S") for item in items}
    assert roles["T#ws_demo#WS", "MEMBER#finance"] == "finance"
    assert roles["T#ws_other#WS", "MEMBER#other_owner"] == "owner"
    assert ("T#ws_demo#WS", "WORKSPACE") in roles


def test_a_state_machine_waits_and_retries_in_virtual_time(stack: RunningStack) -> None:
    client = aws(stack, "stepfunctions")
    query = {"stateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:dev-poll", "input": '{"id": 1}'}
    started_at = stack.status()["clock"]["now"]
    execution = client.start_execution(**query, name="att_1")["executionArn"]
    assert client.start_execution(**query, name="att_1")["executionArn"] == execution
    wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    polls = [float(things(stack)[f"poll-{number}"]["at"]) - started_at for number in (1, 2, 3)]
    # 20, 30, 40 and the real work, multiplied by 40. A wait that is not scaled would add 400 or 800.
    for poll, wanted in zip(polls, (20, 30, 40), strict=True):
        assert wanted <= poll < wanted + 300
    assert json.loads(client.describe_execution(executionArn=execution)["output"]) == {"seen": 3}
    # The state machine answers this error itself: no failure is logged.
    assert "Pending" not in stack.output.read_text()


def test_executions_can_be_stopped_and_starts_refused(stack: RunningStack) -> None:
    client = aws(stack, "stepfunctions")
    query = {"stateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:dev-poll", "input": "{}"}
    execution = client.start_execution(**query, name="att_2")["executionArn"]
    assert stack.stop_executions("off")["stopped"] == 1
    wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == "ABORTED")
    with pytest.raises(client.exceptions.ExecutionLimitExceeded):
        client.start_execution(**query, name="att_3")
    assert stack.stop_executions("on") == {"stopped": 0, "accepts_executions": True}
    client.start_execution(**query, name="att_4")
    assert stack.stop_executions()["stopped"] == 1


def notes(stack: RunningStack) -> list[tuple[str, str]]:
    """Event and key of each record of the stream of notes, in the order of the names."""
    found = sorted(name for name in things(stack) if name.startswith("note-"))
    return [(event, key) for _, event, key, _ in (name.split("-") for name in found)]


def put_note(stack: RunningStack, name: str, sort_key: str = "told") -> None:
    aws(stack, "dynamodb").put_item(TableName="dev-notes", Item={"pk": {"S": name}, "sk": {"S": sort_key}})


def test_a_streamed_table_starts_its_function_with_the_changes_that_it_wants(stack: RunningStack) -> None:
    put_note(stack, "silent", "untold")
    put_note(stack, "heard")
    put_note(stack, "heard")  # The item is unchanged: no change.
    key = {"pk": {"S": "silent"}, "sk": {"S": "untold"}}
    aws(stack, "dynamodb").delete_item(TableName="dev-notes", Key=key)
    wait_until(lambda: notes(stack) == [("INSERT", "heard"), ("REMOVE", "silent")])
    record = json.loads(next(thing["record"] for name, thing in things(stack).items() if "REMOVE" in name))
    assert record["eventSourceARN"].startswith(f"arn:aws:dynamodb:{REGION}:123456789012:table/dev-notes/stream/")
    assert record["dynamodb"]["Keys"] == key


def test_schedules_fire_in_virtual_time_and_on_demand(stack: RunningStack) -> None:
    wait_until(lambda: "tick" in things(stack))  # 60 virtual seconds.
    assert "hour" not in things(stack)
    assert stack.run_schedule("BehaveFunction", "EveryHour")["statusCode"] == 200
    assert "hour" in things(stack)
    assert stack.run_schedule("BehaveFunction")["statusCode"] == 200
    unknown = stack.call("POST", "/_local/schedules/Nobody", {})
    assert (unknown.http_status, unknown.json()["functions"]) == (404, ["BehaveFunction"])


def test_a_worker_can_be_killed_from_outside(stack: RunningStack) -> None:
    behave(stack)
    pid = stack.kill_worker("BehaveFunction").json()["killed"]
    wait_until(lambda: not is_alive(pid))
    assert behave(stack).http_status == 200
    assert stack.kill_worker("Nobody").http_status == 404


def test_the_issuer_publishes_what_a_client_needs(stack: RunningStack) -> None:
    found = stack.call("GET", "/_local/.well-known/openid-configuration").json()
    assert found["issuer"] == f"{stack.url}/_local"
    (key,) = stack.call("GET", found["jwks_uri"]).json()["keys"]
    assert (key["kty"], key["alg"]) == ("RSA", "RS256")
    assert "d" not in key  # The private part.


@pytest.mark.parametrize("body", [{}, {"sub": ""}, {"sub": "owner", "ttl_s": "1"}, [], b"{", b"\xff", b"[" * 9999])
def test_a_token_request_that_makes_no_sense_says_what_to_send(stack: RunningStack, body: Any) -> None:
    answer = stack.call("POST", "/_local/token", body)
    assert answer.http_status == 400
    assert answer.json()["message"].startswith('Send {"sub": "owner"}')


def test_logs_of_functions_can_be_read(stack: RunningStack) -> None:
    behave(stack, fail="look here")
    logs = stack.call("GET", "/_local/logs?lines=30").json()
    assert "look here" in "\n".join(logs["BehaveFunction"])
    assert len(logs["BehaveFunction"]) <= 30


def test_another_host_name_is_refused(stack: RunningStack) -> None:
    assert stack.call("GET", "/_local/status", headers={"Host": f"evil.example:{stack.port}"}).http_status == 403


def test_a_nul_in_the_path_is_an_unknown_route_and_a_line(stack: RunningStack) -> None:
    assert stack.call("GET", "/v1/things/%00", token=stack.token()).http_status == 404
    assert "GET    /v1/things/%00 404" in stack.output.read_text()


def test_a_body_over_6_mb_is_refused_before_lambda(stack: RunningStack) -> None:
    assert stack.call("POST", "/open/1", b" " * (6 * 1024 * 1024)).http_status == 413


def test_a_killed_stack_leaves_no_orphan_and_loses_no_write(tmp_path: Path) -> None:
    ports = free_ports()
    with running_stack(template=FIXTURE, state=tmp_path, ports=ports, speed=20) as first:
        assert behave(first, put="kept").http_status == 200
        put_note(first, "before")
        wait_until(lambda: notes(first) == [("INSERT", "before")])
        children = children_of(first.process.pid)  # Workers and the simulators.
        assert len(children) >= 2  # On a busy machine a schedule has started a worker too.
        reached, token = first.status()["clock"]["now"], first.token()
        with ThreadPoolExecutor(1) as callers:  # A busy worker's connection is not lost.
            interrupted = callers.submit(behave, first, sleep=60)
            wait_until(lambda: first.status()["functions"]["BehaveFunction"]["busy"] == 1)
            first.kill()
            assert isinstance(interrupted.exception(), OSError)
        wait_until(lambda: not any(map(is_alive, children)), seconds=5)
    with running_stack(template=FIXTURE, state=tmp_path, ports=ports, speed=1) as second:
        assert "kept" in things(second)
        assert second.status()["clock"]["now"] >= reached
        assert second.call("GET", "/v1/things/1", token=token).http_status == 201
        put_note(second, "later")  # The journal's notes are not delivered again.
        wait_until(lambda: notes(second) == [("INSERT", "before"), ("INSERT", "later")])
        children = children_of(second.process.pid)
        second.process.send_signal(signal.SIGTERM)
        assert second.process.wait(15) == 0
        assert not any(map(is_alive, children))
    assert second.output.read_text().endswith("Stopped.\n")


def exit_code(started: RunningStack) -> int:
    try:
        return started.process.wait(30)
    finally:
        started.kill()


def refused(tmp_path: Path, template: Path, ports: tuple[int, int]) -> str:
    started = start_stack(speed=1, template=template, state=tmp_path, ports=ports)
    assert exit_code(started) == 2
    lines = started.output.read_text().splitlines()
    assert len(lines) == 1
    return lines[0]


def test_a_busy_port_is_named_with_the_variable_that_moves_it(stack: RunningStack, tmp_path: Path) -> None:
    line = refused(tmp_path / "a", FIXTURE, (stack.port, free_ports()[1]))
    assert str(stack.port) in line
    assert line.endswith("with PORT=")
    port, first_of_simulators = free_ports()
    with socket.create_server(("127.0.0.1", first_of_simulators + 2)):
        line = refused(tmp_path / "b", FIXTURE, (port, first_of_simulators))
    assert str(first_of_simulators + 2) in line
    assert line.endswith("with SIM_PORT=")


def test_two_stacks_do_not_share_a_state(stack: RunningStack) -> None:
    second = start_stack(speed=1, template=FIXTURE, state=stack.state, ports=free_ports())
    assert exit_code(second) == 2
    assert "Another run uses" in stack.output.read_text()


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_the_simulator_of_each_gateway_runs_beside_it(stack: RunningStack, gateway: str) -> None:
    assert stack.call("GET", f"{stack.sim_url_of(gateway)}/_sim/ledger").http_status == 200


def test_the_default_addresses_are_the_published_ones() -> None:
    assert (Options().url, Options().simulator_url) == ("http://127.0.0.1:8000", "http://127.0.0.1:8101")
    assert os.fspath(Options().state).endswith(".pavati")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance_days": 0},
        {"advance_days": -1},
        {"advance_days": 401},
        {"advance_days": True},
        {"advance_days": 1, "x": 4},
        [],
        b"{",
    ],
)
def test_a_clock_request_that_makes_no_sense_says_what_to_send(stack: RunningStack, body: Any) -> None:
    answer = stack.call("POST", "/_local/clock", body)
    assert answer.http_status == 400
    assert answer.json()["message"] == 'Send {"advance_days": 31}: a number above 0, at most 400'


def test_days_pass_at_once_for_every_part_and_over_a_restart(tmp_path: Path) -> None:
    ports = free_ports()
    with running_stack(template=FIXTURE, state=tmp_path, ports=ports, speed=1) as first:
        token, started_at = first.token(), first.status()["clock"]["now"]
        query = {"stateMachineArn": f"arn:aws:states:{REGION}:123456789012:stateMachine:dev-poll", "input": "{}"}
        execution = aws(first, "stepfunctions").start_execution(**query, name="att_5")["executionArn"]
        put_note(first, "slow")
        answer = first.call("POST", "/_local/clock", {"advance_days": 2}).json()
        assert answer["runs"] == {"EveryMinute": 2, "EveryHour": 2}
        assert {"tick", "hour"} <= set(things(first))
        (noted_at,) = (float(thing["at"]) for name, thing in things(first).items() if "-slow-" in name)
        assert noted_at - started_at < 60  # The records came before the clock moved.
        two_days_on = started_at + 2 * 86_400
        assert two_days_on <= first.status()["clock"]["now"] < two_days_on + 60
        # Its first wait was over after a day, the second after two, the third takes real seconds again.
        client = aws(first, "stepfunctions")
        wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
        polls = sorted(float(thing["at"]) - started_at for name, thing in things(first).items() if "poll-" in name)
        assert [round(poll / 86_400, 2) for poll in polls] == [1, 2, 2]
        assert first.call("GET", "/v1/things/1", token=token).http_status == 201
        reached = first.status()["clock"]["now"]
    with running_stack(template=FIXTURE, state=tmp_path, ports=ports, speed=1) as second:
        assert second.status()["clock"]["now"] >= reached
