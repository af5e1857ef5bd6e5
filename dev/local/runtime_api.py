"""The Lambda Runtime API of one worker, which `python -m awslambdaric` calls."""

import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar, Protocol

from dev.local.invocation import Invocation, Outcome
from gateway_simulators.kit import heads

_PREFIX = "/2018-06-01/runtime"


class Desk(Protocol):
    """Where a worker fetches its events and returns the results."""

    function_arn: str

    def next_invocation(self) -> Invocation | None: ...
    def finish(self, invocation_id: str, outcome: Outcome) -> None: ...
    def init_failed(self, outcome: Outcome) -> None: ...


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A worker was killed during a request; its pool knows."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class RuntimeApi:
    def __init__(self, desk: Desk) -> None:
        handler = type("Handler", (_Handler,), {"desk": desk})
        self._server = _Server(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="runtime-api", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(heads.Handler):
    desk: ClassVar[Desk]

    def do_GET(self) -> None:  # noqa: N802 - http.server's name.
        if self.path != f"{_PREFIX}/invocation/next":
            return self._answer(404)
        invocation = self.desk.next_invocation()
        if invocation is None:
            self.close_connection = True
            return None
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(int(invocation.deadline * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": self.desk.function_arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(invocation.deadline):08x}-{invocation.id.replace('-', '')[:24]}",
            "Content-Type": "application/json",
        }
        return self._answer(200, invocation.payload, headers)

    def do_POST(self) -> None:  # noqa: N802 - http.server's name.
        body = self._body()
        parts = self.path.removeprefix(_PREFIX).strip("/").split("/")
        if parts == ["init", "error"]:
            self.desk.init_failed(Outcome.reported(body, "Runtime.InitError"))
        elif len(parts) == 3 and parts[2] == "response":
            self.desk.finish(parts[1], Outcome(body))
        elif len(parts) == 3 and parts[2] == "error":
            self.desk.finish(parts[1], Outcome.reported(body, "Runtime.UnknownError"))
        else:
            return self._answer(404)
        return self._answer(202)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _chunk(self) -> bytes:
        chunk = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return chunk

    def _answer(self, http_status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        lines = [f"{self.protocol_version} {http_status} -"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent: the requests of workers are not logged."""
