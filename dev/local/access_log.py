"""The HTTP API's access log, in the format of the template."""

import re
import time
from pathlib import Path

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]+)")


class AccessLog:
    def __init__(self, path: Path, format: str) -> None:
        self._path = path
        self._format = format

    def write(self, **values: object) -> None:
        """Write one line. Arguments are API Gateway's variables with `.` written as `_`; a missing one becomes `-`."""
        given = {name: str(value) for name, value in values.items()}
        given["requestTime"] = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        line = _VARIABLE.sub(lambda found: given.get(found[1].replace(".", "_"), "-"), self._format)
        with self._path.open("a") as written:
            written.write(f"{line}\n")
