"""Log records as JSON, one object a line: for collectors of logs, and for the log of a run.

Keys: `at` (UTC), `level`, `logger`, `message`; `run` and `stage` where a run says it; `trace` with
the whole traceback of an error.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

SAID = ("run", "stage")  # what a record may carry beside the usual


def describe_record(record: logging.LogRecord) -> dict[str, Any]:
    """The record as a plain dict."""
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    entry: dict[str, Any] = {
        "at": at,
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    entry |= {name: getattr(record, name) for name in SAID if hasattr(record, name)}
    if record.exc_info and record.exc_info[1] is not None:
        entry["trace"] = "".join(traceback.format_exception(record.exc_info[1]))
    return entry


class JsonLines(logging.Formatter):
    """A formatter for any handler of the standard library."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(describe_record(record), ensure_ascii=False)
