"""`aws <service> <operation> --option value`, by botocore's model of every service: the tests need no AWS CLI.

It replaces AWS CLI version 2 as far as the documents use it. The program `aws` only passes its arguments to a thread of
the tests, because importing botocore for each command would take longer than the commands.
"""

from __future__ import annotations

import ast
import functools
import json
import socketserver
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import botocore.session
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

_SHARED = ("query", "output", "region", "endpoint-url", "cli-binary-format", "max-items")


class UsageError(Exception):
    pass


_PROGRAM = """#!{python} -IS
import os, socket, sys
with socket.socket(socket.AF_UNIX) as desk:
    desk.connect({address!r})
    desk.sendall(repr((sys.argv[1:], os.getcwd(), dict(os.environ))).encode())
    desk.shutdown(socket.SHUT_WR)
    code, out, err = eval(desk.makefile().read())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        arguments, folder, environment = ast.literal_eval(self.rfile.read().decode())
        self.wfile.write(repr(_answer(arguments, Path(folder), environment)).encode())


class _Desk(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def program(folder: Path) -> Iterator[None]:
    """The program `aws` in this folder."""
    address = str(folder / "aws.socket")
    stand_in = folder / "aws"
    stand_in.write_text(_PROGRAM.format(python=sys.executable, address=address))
    stand_in.chmod(0o755)
    with _Desk(address, _Handler) as desk:
        threading.Thread(target=desk.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            desk.shutdown()


def _answer(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    try:
        return 0, run(arguments, folder, environment), ""
    except UsageError as fault:
        return 252, "", f"aws: {fault}\n"
    except (ClientError, BotoCoreError) as fault:
        return 254, "", f"\n{fault}\n"


@functools.cache
def _session() -> Any:
    return botocore.session.get_session()


@functools.cache
def _client(service: str, region: str, url: str) -> Any:
    config = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return _session().create_client(service, region_name=region, endpoint_url=url, config=config, **keys)


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> str:
    if len(arguments) < 2:
        raise UsageError("aws <service> <operation> is wanted")
    service, operation, *rest = arguments
    if service not in _session().get_available_services():
        raise UsageError(f"no service {service}")
    given, free = _split(rest)
    url = _one(given, "endpoint-url") or environment["AWS_ENDPOINT_URL"]
    client = _client(service, _one(given, "region") or environment["AWS_REGION"], url)
    methods = {xform_name(name, "-"): method for method, name in client.meta.method_to_api_mapping.items()}
    if operation not in methods:
        raise UsageError(f"{service} has no operation {operation}")
    method = methods[operation]
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    answer = _ask(client, method, dict(_parameters(given, model, free, folder)), _one(given, "max-items"))
    body = _saved(answer, free, model)
    query = _one(given, "query")
    shown = jmespath.search(query, answer) if query else answer
    return body + _formatted(shown, _one(given, "output") or "json")


def _split(rest: list[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Options with the arguments that follow each, and the arguments before the first option or after a shared one."""
    given: dict[str, list[str]] = {}
    free: list[str] = []
    current = free
    for code in rest:
        if code.startswith("--"):
            current = given.setdefault(code[2:], [])
        elif current and any(current is given.get(name) for name in _SHARED):
            free.append(code)
        else:
            current.append(code)
    return given, free


def _one(given: dict[str, list[str]], name: str) -> str | None:
    return given[name][0] if given.get(name) else None


def _parameters(given: dict[str, list[str]], model: Any, free: list[str], folder: Path) -> Iterator[tuple[str, Any]]:
    """The parameters. After an option with one argument, further arguments do not belong to it."""
    members = model.input_shape.members if model.input_shape else {}
    by_option = {xform_name(name, "-"): name for name in members}
    for option, words in given.items():
        if option in _SHARED:
            continue
        name = by_option.get(option.removeprefix("no-") if option not in by_option else option)
        if name is None:
            raise UsageError(f"Unknown options: --{option}; known are {' '.join(sorted(by_option))}")
        shape = members[name]
        if shape.type_name == "boolean":
            yield name, not (option.startswith("no-") and option not in by_option)
        elif not words:
            raise UsageError(f"argument --{option}: expected one argument")
        else:
            captured = len(words) if shape.type_name == "list" else 1
            free += words[captured:]
            yield name, _value(shape, [_read(code, folder) for code in words[:captured]])


def _read(code: str, folder: Path) -> str:
    return (folder / code.removeprefix("file://")).read_text() if code.startswith("file://") else code


def _value(shape: Any, words: list[str]) -> Any:
    if shape.type_name == "list":
        if words[0].startswith("["):
            return json.loads(words[0])
        return [_value(shape.member, [code]) for code in words]
    (code,) = words
    if shape.type_name in ("structure", "map"):
        return json.loads(code) if code.startswith("{") else _shorthand(shape, code)
    return int(code) if shape.type_name in ("integer", "long") else code


def _shorthand(shape: Any, code: str) -> dict[str, Any]:
    pairs = [part.partition("=")[::2] for part in code.split(",")]
    return {
        name: _scalar(shape.members[name] if shape.type_name == "structure" else shape.value, value)
        for name, value in pairs
    }


def _scalar(shape: Any, value: str) -> Any:
    return value.lower() == "true" if shape.type_name == "boolean" else _value(shape, [value])


def _ask(client: Any, method: str, parameters: dict[str, Any], most: str | None) -> dict[str, Any]:
    if client.can_paginate(method):
        config = {"PaginationConfig": {"MaxItems": int(most)}} if most else {}
        answer = client.get_paginator(method).paginate(**parameters, **config).build_full_result()
    else:
        answer = getattr(client, method)(**parameters)
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def _saved(answer: dict[str, Any], free: list[str], model: Any) -> str:
    """A streamed body goes to the file that is named last, as in the CLI; here that is always the screen."""
    saved = ""
    body = getattr(model.output_shape, "serialization", {}).get("payload") if model.output_shape else None
    if body in answer and hasattr(answer[body], "read"):
        if not free or free.pop() != "/dev/stdout":
            raise UsageError("the following arguments are required: outfile, and it is /dev/stdout")
        saved = answer.pop(body).read().decode()
    if free:
        raise UsageError(f"Unknown options: {' '.join(free)}")
    return saved


def _formatted(value: Any, output: str) -> str:
    if output == "text":
        return "".join(f"{line}\n" for line in _lines(value))
    if value is None or value == {}:
        return ""
    if output not in ("json", "table"):
        raise UsageError(f"no output {output}")
    return json.dumps(value, indent=4, default=str, ensure_ascii=False) + "\n"


def _lines(value: Any) -> Iterable[str]:
    if isinstance(value, list):
        if any(isinstance(part, list | dict) for part in value):
            return [line for part in value for line in _lines(part)]
        return ["\t".join(map(str, value))] if value else []
    if isinstance(value, dict):
        return ["\t".join(str(value[name]) for name in sorted(value))]
    return [str(value)]
