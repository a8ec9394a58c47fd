"""Log lines on stderr: plain text for people and cron mails, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "taskName"}


class JsonFormatter(logging.Formatter):
    """One object a record: time, level, logger, message, and what `extra` gave."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {key: value for key, value in record.__dict__.items() if key not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


def configure(
    *, log_format: str, verbosity: int, quiet: bool, handler: logging.Handler | None = None
) -> None:
    """Send our log to stderr; the libraries' warnings too, and all of theirs at -vv."""
    handler = handler or logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    handler.setFormatter(JsonFormatter() if log_format == "json" else plain)
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if verbosity > 1 else logging.ERROR)
    ours = logging.ERROR if quiet else (logging.DEBUG if verbosity else logging.INFO)
    logging.getLogger("wirewatch").setLevel(ours)
    # Scrapy logs each failed download as an error of its own; to us that is a visit with an outcome.
    for name in ("scrapy.core.scraper", "scrapy.downloadermiddlewares.retry"):
        logging.getLogger(name).setLevel(logging.DEBUG if verbosity > 1 else logging.CRITICAL)
