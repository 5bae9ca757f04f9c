"""Structured logs on stderr: JSON lines, or colored ones on a terminal."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog

from app.settings import Settings


class _Stderr(io.TextIOBase):
    """Whatever `sys.stderr` is when a line is written: it may be replaced meanwhile."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(settings: Settings) -> None:
    """Set up structlog by `log_format` and `log_level`; the standard library's logs go along.

    Tracebacks are printed without local variables: those may hold secrets.
    """
    stderr = _Stderr()
    console = settings.log_format == "console" or (
        settings.log_format == "auto" and sys.stderr.isatty()
    )
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.types.Processor] = (
        [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if console
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, stderr)),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    # It tells with a traceback, every few seconds, what /readyz and our own log say in a sentence.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
