"""The simulator on a real port."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator_tests.harness import CREDENTIALS, PG

ROOT = Path(__file__).parents[1]


class Hook(BaseHTTPRequestHandler):
    got: list[tuple[dict[str, str], bytes]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((dict(self.headers), body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    got: list[tuple[dict[str, str], bytes]] = []
    server = HTTPServer(("127.0.0.1", 0), type("MyHook", (Hook,), {"got": got}))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


class Process:
    def __init__(self, *arguments: str, **environ: str) -> None:
        command = [sys.executable, "-m", "gateway_simulators.phonepe", "--port", "0", *arguments]
        self._clients: list[httpx.Client] = []
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environ, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert self.process.stderr is not None
        self.first_line = self.process.stderr.readline()
        self.port = int(self.first_line.rsplit(":", 1)[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        for client in self._clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(number)
        _, log = self.process.communicate(timeout=10)
        return self.process.returncode, log

    def client(self) -> httpx.Client:
        client = httpx.Client(base_url=self.url, trust_env=False)
        self._clients.append(client)
        token = client.post(f"{PG}/v1/oauth/token", data=CREDENTIALS).json()["access_token"]
        client.headers["Authorization"] = f"O-Bearer {token}"
        return client


def pay(client: httpx.Client, order: str = "att_1") -> httpx.Response:
    body = {"merchantOrderId": order, "amount": 100, "expireAfter": 300, "paymentFlow": {"type": "PG_CHECKOUT"}}
    return client.post(f"{PG}/checkout/v2/pay", json=body)


def until(seconds: float, is_so: Any) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


@pytest.fixture
def running() -> Iterator[Process]:
    process = Process()
    yield process
    process.end(signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_on_a_signal(number: int) -> None:
    process = Process()
    code, log = process.end(number)
    assert (code, log) == (0, "")


def test_a_busy_port_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as captured:
        port = captured.getsockname()[1]
        command = [sys.executable, "-m", "gateway_simulators.phonepe", "--port", str(port)]
        failed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert failed.returncode == 1
    assert (
        failed.stderr
        == f"python -m gateway_simulators.phonepe: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    )


def test_the_links_of_paypal_have_the_port_that_was_picked() -> None:
    command = [sys.executable, "-m", "gateway_simulators.paypal", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, encoding="utf-8") as process:
        assert process.stderr is not None
        url = process.stderr.readline().split(" on ")[1].strip()
        try:
            with httpx.Client(base_url=url, trust_env=False) as client:
                keys = ("PAVATISIMPAYPAL", "sim-paypal-secret")
                token = client.post("/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=keys).json()
                unit = {"amount": {"currency_code": "USD", "value": "5.00"}}
                order = client.post(
                    "/v2/checkout/orders",
                    json={"intent": "CAPTURE", "purchase_units": [unit]},
                    headers={"Authorization": f"Bearer {token['access_token']}"},
                ).json()
        finally:
            process.terminate()
    assert [link["href"].startswith(f"{url}/") for link in order["links"]] == [True] * len(order["links"])


def test_a_bad_clock_is_one_clear_line() -> None:
    command = [sys.executable, "-m", "gateway_simulators.phonepe", "--port", "0"]
    environ = os.environ | {"PAVATI_CLOCK": "soon"}
    failed = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False)
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "PAVATI_CLOCK" in failed.stderr


def test_each_request_is_one_line_without_bodies_or_queries(running: Process) -> None:
    client = running.client()
    pay(client)
    client.get(f"{PG}/checkout/v2/order/att_1/status?secret=1")
    _, log = running.end()
    lines = [line.split(" ", 1)[1] for line in log.splitlines()]
    assert [line.rsplit(" ", 2)[0] for line in lines] == [
        f"POST {PG}/v1/oauth/token 200",
        f"POST {PG}/checkout/v2/pay 200",
        f"GET {PG}/checkout/v2/order/att_1/status 200",
    ]


def test_one_connection_serves_many_requests(running: Process) -> None:
    wire = http.client.HTTPConnection("127.0.0.1", running.port)
    wire.connect()
    socket_used = wire.sock
    for body in ("{}", "[1]", '{"fault": "x"}', ""):
        wire.request("POST", "/_sim/faults", body)
        wire.getresponse().read()
    wire.request("GET", "/_sim/ledger")
    assert json.loads(wire.getresponse().read())["orders"] == []
    assert wire.sock is socket_used
    wire.close()


@pytest.mark.parametrize("header", ["Content-Length: 99999999", "Content-Length: x"])
def test_a_body_of_unknown_or_huge_size_is_refused_and_the_connection_closed(running: Process, header: str) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as wire:
        wire.sendall(f"POST /_sim/faults HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        answer = b"".join(iter(lambda: wire.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


@pytest.mark.parametrize(("fault", "orders"), [("refuse", 0), ("lose_answer", 1)])
def test_a_call_without_answer_ends_in_a_closed_socket(running: Process, fault: str, orders: int) -> None:
    client = running.client()
    client.post("/_sim/faults", json={"fault": fault, "op": "pay"}).raise_for_status()
    with pytest.raises(httpx.RemoteProtocolError):
        pay(client)
    assert len(client.get("/_sim/ledger").json()["orders"]) == orders
    assert "no answer" in running.end()[1]


def test_webhooks_leave_by_themselves_and_time_runs_as_fast_as_set(hook: tuple[str, list[Any]]) -> None:
    url, got = hook
    now = time.time()
    process = Process("--webhook-url", url, PAVATI_CLOCK=f"{now},{now},1000")
    try:
        client = process.client()
        opened = pay(client).json()
        assert opened["expireAt"] / 1000 - now < 3600
        until(5, lambda: len(got) == 1)  # 300 s of its clock are 0.3 real seconds.
        headers, body = got[0]
        assert json.loads(body)["event"] == "checkout.order.failed"
        assert len(headers["Authorization"]) == 64
    finally:
        process.end()


def test_a_webhook_to_no_one_is_tried_three_times(running: Process) -> None:
    now = time.time()
    process = Process("--webhook-url", "http://127.0.0.1:1/hook", PAVATI_CLOCK=f"{now},{now},1000")
    try:
        client = process.client()
        pay(client)
        client.post("/_sim/orders/att_1", json={"act": "pay"})
        until(5, lambda: client.get("/_sim/ledger").json()["webhooks"][0]["state"] == "given_up")
        tries = client.get("/_sim/ledger").json()["webhooks"][0]["tries"]
        assert [one["outcome"] for one in tries] == ["URLError"] * 3
    finally:
        process.end()


def test_the_same_order_requested_by_many_at_once_is_made_once(running: Process) -> None:
    client = running.client()
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(pay(client).status_code)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [200] + [417] * 19
