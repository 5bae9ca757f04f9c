"""The web process that `segue serve` supervises: uvicorn on the application."""

import socket
import sys

import uvicorn

from app.settings import Settings

_KEEP_ALIVE_S = 75
_PORT_TAKEN = 3  # exit status that tells the supervisor not to try again


def main() -> None:
    """Bind, say where, and serve until SIGTERM."""
    settings = Settings()
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        sys.stderr.write(
            f"Cannot bind {settings.host} port {settings.port}: {error.strerror}. "
            "Another server may be using it; choose one with --port.\n"
        )
        sys.exit(_PORT_TAKEN)
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if family == socket.AF_INET6 else settings.host
    sys.stderr.write(f"Segue is starting on http://{host}:{port}/graphql\n")
    config = uvicorn.Config(
        "app.main:application",
        factory=True,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=20,
        ws="none",
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
