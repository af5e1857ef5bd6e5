"""DynamoDB, Step Functions, Secrets Manager and PhonePe as one stub: prepared answers over plain HTTP, without
delay.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from zlib import crc32

from dev.bench.canned import SECRET, Scene


class Stubs:
    """Listens for the duration of the block."""

    def __init__(self) -> None:
        class Handler(_Handler):
            pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.scene = Scene(f"http://127.0.0.1:{self.port}")
        self._heard: list[str] = []
        Handler.scene, Handler.items, Handler.heard = self.scene, self.scene.items(), self._heard

    def heard(self) -> list[str]:
        """The calls since the last time: operations of AWS, and HTTP methods of calls to the gateway."""
        heard = self._heard[:]
        self._heard.clear()
        return heard

    def __enter__(self) -> Stubs:
        threading.Thread(target=self._server.serve_forever, name="stubs", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    scene: ClassVar[Scene]
    items: ClassVar[dict[tuple[str, str], Any]]
    heard: ClassVar[list[str]]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.heard.append("GET")
        self._send(self.scene.order_status(self.path.split("/")[-2]))

    def do_POST(self) -> None:
        requested = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, _, operation = self.headers.get("X-Amz-Target", "").partition(".")
        self.heard.append(operation or "POST")
        self._send(self._aws(operation, json.loads(requested)) if operation else self.scene.opened_order())

    def _aws(self, operation: str, requested: dict[str, Any]) -> dict[str, Any]:
        if operation == "GetItem":
            item = self.items.get((requested["Key"]["pk"]["S"], requested["Key"]["sk"]["S"]))
            return {"Item": item} if item else {}
        if operation == "BatchGetItem":
            return {
                "Responses": {table: self._found(wanted["Keys"]) for table, wanted in requested["RequestItems"].items()}
            }
        if operation == "Query":
            lane = requested["ExpressionAttributeValues"][":pk"]["S"]
            return {"Items": self.scene.due_rows(requested["TableName"], lane)}
        if operation == "UpdateItem":
            return {"Attributes": {"fence": {"N": "1"}}}  # Of a lease; nothing else reads it.
        if operation == "GetSecretValue":
            return {"Name": requested["SecretId"], "SecretString": json.dumps(SECRET)}
        if operation == "StartExecution":
            return {"executionArn": f"{requested['stateMachineArn']}:{requested['name']}", "startDate": 1_795_170_600.0}
        return {}  # The conditions of a write are always met.

    def _found(self, wanted: list[dict[str, Any]]) -> list[Any]:
        keys = ((key["pk"]["S"], key["sk"]["S"]) for key in wanted)
        return [self.items[key] for key in keys if key in self.items]

    def _send(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        self.wfile.write(f"{head}x-amz-crc32: {crc32(body)}\r\n\r\n".encode() + body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Silent."""
