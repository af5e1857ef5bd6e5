"""The contents of a template as typed values."""

import base64
import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ACCOUNT = "123456789012"
REGION = "ap-south-1"  # The region of the real deployment.
LATEST = "$LATEST"  # The version of a function that is not published.
_STREAM_LABEL = "2026-01-01T00:00:00.000"  # On AWS: the time at which the stream was created.


def stream_arn(table: str) -> str:
    return f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{table}/stream/{_STREAM_LABEL}"


def stack_arn(name: str) -> str:
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/local"


def nested_name(parent: str, logical_id: str) -> str:
    """As AWS names a nested stack, but its twelve letters and digits are the same in each run."""
    digest = hashlib.sha256(f"{parent}/{logical_id}".encode()).digest()
    return f"{parent}-{logical_id}-{base64.b32encode(digest).decode()[:12]}"


@dataclass(frozen=True)
class FunctionSpec:
    logical_id: str
    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: dict[str, str]
    timeout_seconds: int
    memory_mb: int
    reserved_concurrency: int | None = None
    retries: int = 2  # Lambda's own default for asynchronous events.
    log_group: str = ""
    on_failure: str = ""  # ARN of the queue for events whose retries have all failed.
    aliases: tuple[str, ...] = ()

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"

    @property
    def called_at(self) -> tuple[str, ...]:
        """Its names and ARNs, with each qualifier and without one."""
        qualified = [f":{qualifier}" for qualifier in (LATEST, *self.aliases)]
        return tuple(f"{one}{qualifier}" for one in (self.name, self.arn) for qualifier in ("", *qualified))


@dataclass(frozen=True)
class TableSpec:
    name: str
    request: dict[str, Any]
    ttl_attribute: str = ""
    stream: str = ""  # StreamViewType of its stream; "": no stream.

    @property
    def stream_arn(self) -> str:
        return stream_arn(self.name)


@dataclass(frozen=True)
class EventSourceSpec:
    """A table's stream that starts a function."""

    function: str  # Logical id.
    table: str  # The table's name.
    batch_size: int
    at_once: int  # Number of batches in parallel.
    patterns: tuple[str, ...]  # Filter patterns: a record must match one of them; without any, all pass.
    age_seconds_max: int  # Below 0: no limit, and no limit of retries.
    retries: int


@dataclass(frozen=True)
class SecretSpec:
    logical_id: str
    name: str


@dataclass(frozen=True)
class MachineSpec:
    name: str
    kind: str
    definition: str

    @property
    def arn(self) -> str:
        return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{self.name}"


@dataclass(frozen=True)
class ScheduleSpec:
    logical_id: str
    function: str  # Logical id.
    event: str
    expression: str
    input: str
    name: str = ""
    target: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class QueueSpec:
    name: str
    attributes: dict[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"


@dataclass(frozen=True)
class LogGroupSpec:
    name: str
    retention_days: int | None = None


@dataclass(frozen=True)
class AccessLogSpec:
    group: str
    format: str


@dataclass(frozen=True)
class ResourceSpec:
    logical_id: str
    kind: str
    physical_id: str
    stack: str = ""  # Logical id of its nested stack; "": of the stack itself.


@dataclass(frozen=True)
class OutputSpec:
    name: str
    value: str
    description: str = ""


@dataclass(frozen=True)
class StackSpec:
    name: str
    description: str
    parameters: dict[str, str]
    outputs: tuple[OutputSpec, ...]

    @property
    def arn(self) -> str:
        """Also its StackId."""
        return stack_arn(self.name)


@dataclass(frozen=True)
class RouteSpec:
    method: str
    path: str
    function: str  # Logical id.
    authorizer: str = ""  # Empty: public.

    @property
    def key(self) -> str:
        return self.path if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class AuthorizerSpec:
    issuer: str
    audience: tuple[str, ...]


@dataclass(frozen=True)
class CorsSpec:
    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    max_age: int | None = None
    credentials: bool = False


@dataclass(frozen=True)
class Blueprint:
    functions: dict[str, FunctionSpec] = field(default_factory=dict)  # By logical id.
    tables: tuple[TableSpec, ...] = ()
    secrets: tuple[SecretSpec, ...] = ()
    machines: tuple[MachineSpec, ...] = ()
    schedules: tuple[ScheduleSpec, ...] = ()
    event_sources: tuple[EventSourceSpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    authorizers: dict[str, AuthorizerSpec] = field(default_factory=dict)
    cors: CorsSpec | None = None
    queues: tuple[QueueSpec, ...] = ()
    log_groups: tuple[LogGroupSpec, ...] = ()
    access_log: AccessLogSpec | None = None
    stack: StackSpec = StackSpec("", "", {}, ())
    nested: dict[str, StackSpec] = field(default_factory=dict)  # By logical id.
    resources: tuple[ResourceSpec, ...] = ()  # Of all stacks, but not the nested stacks themselves.
