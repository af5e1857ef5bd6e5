"""The demo shop: static files beside the API."""

import mimetypes
from pathlib import Path

from gateway_simulators.kit.messages import Request, Response

FOLDER = Path(__file__).parent / "shop"
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
}


def serve(request: Request, folder: Path = FOLDER) -> Response | None:
    """None if there is no such file."""
    if request.method not in ("GET", "HEAD"):
        return None
    try:
        path = (folder / (request.path.lstrip("/") or "index.html")).resolve()
        is_there = path.is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, ValueError):  # Not a valid file name: it has a NUL or is too long.
        return None
    if not is_there:
        return None
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(200, path.read_bytes(), [("content-type", kind), ("cache-control", "no-store")])
