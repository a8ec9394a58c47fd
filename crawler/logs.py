"""Log lines on stderr: plain text for people and cron mails, one JSON object a line for machines."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

from pipelines.secrets import masked

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
            entry["exception"] = record.exc_text or self.formatException(record.exc_info)
        return masked(json.dumps(entry, ensure_ascii=False, default=str))


class NoSecrets(logging.Filter):
    """Masks names and passwords in URLs, whoever writes of them: Scrapy names requests at -vv."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), None
        if record.exc_info:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return True


class OursFirst(logging.Filter):
    """Lets our own log through, and of the libraries' only errors, but for what ends as an outcome anyway."""

    def __init__(self, *, everything: bool) -> None:
        super().__init__()
        self._everything = everything

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.split(".")[0] in _CHANNELS:
            return False
        if self._everything or record.name.split(".")[0] == "wirewatch":
            return True
        return record.levelno >= logging.ERROR and not record.name.startswith(_OUTCOMES)


# They name the addresses of channels, which are secrets; what they say is told as a channel's error.
_CHANNELS = ("apprise", "urllib3", "requests", "requests_oauthlib", "oauthlib")
# Scrapy's complaints about single requests: to us each is a visit with an outcome and a reason.
_OUTCOMES = ("scrapy.core.scraper", "scrapy.downloadermiddlewares", "scrapy.core.downloader")


def configure(
    *, log_format: str, verbosity: int, quiet: bool, handler: logging.Handler | None = None
) -> None:
    """Send our log to stderr, with the libraries' errors, and all they say at -vv.

    The choice is made at the handler: Scrapy sets the levels of its own loggers when it starts.
    """
    handler = handler or logging.StreamHandler(sys.stderr)
    if log_format == "json":
        handler.setFormatter(JsonFormatter())
    elif type(handler) is logging.StreamHandler:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S"))
    handler.addFilter(NoSecrets())
    handler.addFilter(OursFirst(everything=verbosity > 1))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if verbosity > 1 else logging.WARNING)
    ours = logging.ERROR if quiet else (logging.DEBUG if verbosity else logging.INFO)
    logging.getLogger("wirewatch").setLevel(ours)
