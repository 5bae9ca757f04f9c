"""Read a request body within a limit."""

from starlette.requests import ClientDisconnect, Request

from app.http.answers import Refusal

_MOST_DISCARDED = 32_000_000


async def read_body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes; raises Refusal 413 for more.

    What is over the limit is read and thrown away first, up to a cap: a client that is still
    sending takes an early answer for a broken pipe.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size <= limit:
                chunks.append(chunk)
            elif size > _MOST_DISCARDED:
                break
            else:
                chunks.clear()
    except ClientDisconnect as error:
        raise Refusal(400, "BAD_REQUEST", "The request body ended early.") from error
    if size > limit:
        raise Refusal(
            413,
            "BAD_REQUEST",
            f"The request body is larger than {limit} bytes.",
            {"Connection": "close"},
        )
    return b"".join(chunks)
