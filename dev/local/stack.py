"""Puts the parts together: one port, with everything that the template declares behind it."""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from dev.dynamodb_model import DynamoDB
from dev.local import (
    cloudformation,
    interpreter,
    lambda_api,
    log_groups,
    metrics,
    processes,
    provision,
    queues,
    scheduler,
    shop,
    sts,
)
from dev.local.access_log import AccessLog
from dev.local.advance import Advance, World
from dev.local.authorizer import JwtAuthorizer
from dev.local.aws import AwsApi
from dev.local.blueprint import REGION, ScheduleSpec
from dev.local.clock import keep_noting, note, open_clock
from dev.local.console import Console, open_logs
from dev.local.control import PREFIX, Control
from dev.local.due import DueRows
from dev.local.dynamodb import Wire
from dev.local.faults import Faults
from dev.local.functions import Functions
from dev.local.http_api import HttpApi
from dev.local.issuer import Issuer, open_key
from dev.local.journal import Journal, path_in
from dev.local.machines import Machines
from dev.local.metrics import Metrics
from dev.local.options import AUDIENCE, PREWARMED, Options
from dev.local.pool import Pool, ThrottledError
from dev.local.routes import Routes
from dev.local.schedules import Ticker
from dev.local.simulator import Pump, await_simulators, start_simulators
from dev.local.streams import Streams, in_turn
from dev.local.template import read_template
from dev.local.worker import Surroundings
from gateway_simulators.kit.messages import Request, Response, message
from gateway_simulators.kit.serving import App, Server

_PROVISIONED = ("secretsmanager", "ssm", "stepfunctions")
_LOG = logging.getLogger(__name__)
_PORT = re.compile(r":\d+$")
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class _Doors:
    """Request handlers, in the order in which they are tried."""

    aws: AwsApi
    control: Control
    api: HttpApi

    def __call__(self, request: Request) -> Response:
        if request.path.startswith(PREFIX):
            return self.control(request)
        return shop.serve(request) or self.api(request)


class Stack:
    def __init__(self, options: Options, console: Console) -> None:
        self.options = options
        self.console = console
        self._stopped = threading.Event()
        open_logs(options.logs)
        self._server = Server(options.port, self._answer)
        self._clock = open_clock(self._noted_clock, options.speed)
        self._journal = Journal(path_in(options.state))
        self._database = DynamoDB(time.monotonic)
        self.blueprint = read_template(options.template, options.parameters)
        self._functions = Functions(self._pools(), self._clock, console, self._stopped, queues.tell_of_failure)
        self._streams = Streams(self.blueprint.event_sources, self._functions.call, self._clock, console.event_dropped)
        self._faults = Faults()
        self._ticker = Ticker(self.blueprint.schedules, self._clock, self._send)
        self._wire = Wire(self._database)
        self._doors: _Doors | None = None
        self._doors_while_starting: AwsApi | None = None

    def start(self) -> None:
        pause = interpreter.install(self._server.port, self._clock)
        simulators = start_simulators(self.options, self._clock) if self.has_simulators else None
        self._open_tables()
        doors = self._open_doors(Advance(self._clock, self._world(pause)))
        self._doors_while_starting = doors.aws
        self._server.start()
        self._provision()
        if simulators:
            await_simulators(simulators, self.options)
        self._doors = doors
        for function in PREWARMED:
            self._functions.prewarm(function)
        self._streams.start()
        self._start_thread(self._ticker.run, self._stopped)
        self._start_thread(keep_noting, self._clock, self._noted_clock, self._stopped)

    def stop(self) -> None:
        self._stopped.set()
        self._streams.stop()
        self._functions.close()
        processes.kill_all()

    @property
    def has_simulators(self) -> bool:
        return bool(self.blueprint.stack.parameters.get("SimulatorUrl"))

    @property
    def _noted_clock(self) -> Path:
        return self.options.state / "clock.json"

    def _world(self, pause: interpreter.Pause) -> World:
        pump = Pump(self.options.port_by_gateway.values() if self.has_simulators else ())

        def settle() -> float | None:
            """Apply the simulators' webhooks until there are no more; applying one may cause others."""
            pause.settle(interpreter.count_running)
            while True:
                self._streams.settle()
                enqueued = self._streams.enqueued
                next_at = pump()
                if self._streams.enqueued == enqueued:
                    return next_at

        return World(
            schedules=self.blueprint.schedules,
            paused=self._ticker.paused,
            run=self._run,
            due_at=DueRows(self._wire, self.blueprint.tables).earliest,
            settle=settle,
            note=lambda: note(self._clock, self._noted_clock),
            say=self.console.say,
            stopped=self._stopped,
        )

    def _pools(self) -> list[Pool]:
        environment = {"AWS_ENDPOINT_URL": self.options.url, "PAVATI_CLOCK": self._clock.environment}
        surroundings = Surroundings(self.options.logs, environment)
        return [Pool(function, surroundings, self.options.workers) for function in self.blueprint.functions.values()]

    def _open_doors(self, advance: Advance) -> _Doors:
        blueprint, functions = self.blueprint, self._functions
        issuer = Issuer(self.options.issuer, AUDIENCE, open_key(self.options.state / "issuer.pem"))
        authorizers = {name: JwtAuthorizer(spec, issuer.public_keys) for name, spec in blueprint.authorizers.items()}
        running = Machines(blueprint.machines, interpreter.executions)
        logs = log_groups.files(blueprint, self.options.logs)
        spec, faults = blueprint.access_log, self._faults
        access_log = AccessLog(logs[spec.group], spec.format) if spec else None
        return _Doors(
            AwsApi(functions, running, self._wire, faults, self._services(logs)),
            Control(issuer, functions, running, blueprint.schedules, self._clock, self.options.logs, advance, faults),
            HttpApi(Routes(blueprint.routes), authorizers, blueprint.cors, functions, access_log=access_log),
        )

    def _services(self, logs: Mapping[str, Path]) -> dict[str, App]:
        """The read-only services for a person on call, by the names for which requests are signed."""
        blueprint = self.blueprint
        return {
            "cloudformation": cloudformation.service(blueprint),
            "lambda": lambda_api.service(self._functions),
            "logs": log_groups.service(blueprint.log_groups, logs),
            "monitoring": metrics.service(Metrics(logs.values(), lambda: list(self._faults.throttles))),
            "scheduler": scheduler.service(blueprint.schedules),
            "sts": sts.service(),
        }

    def _open_tables(self) -> None:
        provision.create_tables(self._database, self.blueprint.tables)
        self._journal.replay(self._database)
        self._journal.open()
        self._database.changes = in_turn(self._journal.append, self._streams.put)
        for table in self.blueprint.tables:
            if table.name.endswith("workspaces"):
                at = datetime.fromtimestamp(self._clock.now(), UTC)
                provision.seed_workspaces(self._database, table.name, at)

    def _provision(self) -> None:
        session = boto3.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=REGION)
        secrets, parameters, machines = (self._client(session, name) for name in _PROVISIONED)
        provision.create_secrets(secrets, self.blueprint.secrets, self.options.webhooks_url)
        provision.create_parameters(parameters, self.blueprint.secrets)
        provision.create_machines(machines, self.blueprint.machines)
        queues.create_queues(self.blueprint.queues)

    def _client(self, session: boto3.Session, service: str) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return session.client(service, endpoint_url=self.options.url, config=config)  # type: ignore[call-overload]

    def _send(self, schedule: ScheduleSpec, done: Any) -> None:
        self._functions.send(schedule.function, schedule.input.encode(), done)

    def _run(self, schedule: ScheduleSpec) -> None:
        with contextlib.suppress(ThrottledError):  # Another invocation of it runs just now.
            self._functions.call(schedule.function, schedule.input.encode())

    def _start_thread(self, target: Any, *arguments: Any) -> None:
        threading.Thread(target=target, args=arguments, name=target.__name__, daemon=True).start()

    def _answer(self, request: Request) -> Response:
        # A web page may resolve its own name to this machine, but it cannot choose the Host header.
        if _PORT.sub("", request.header("host")) not in _LOCAL_HOSTS:
            return self._logged(lambda _: message(403, "Forbidden"), request)
        aws = self._doors_while_starting
        if aws and aws.is_for(request):
            return aws(request)
        if self._doors is None:
            return message(503, "Service Unavailable")
        return self._logged(self._doors, request)

    def _logged(self, answer: App, request: Request) -> Response:
        began = time.perf_counter()
        try:
            response = answer(request)
        except Exception:  # noqa: BLE001 - The caller gets an answer and the console its line, whatever is wrong.
            _LOG.exception("%s request failed", request.method)
            response = message(500, "Internal Server Error", note="see logs/local.log")
        self.console.request(request, response, time.perf_counter() - began)
        return response
