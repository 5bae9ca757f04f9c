"""Which network addresses an audio URL may lead to, and connections pinned to those.

A name is resolved once, every address it has is checked, and the connection is made to a checked
address: a name that changes its answer between check and use (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Collection, Iterable

import httpcore
from httpcore import AsyncNetworkStream

from app.errors import BadInput

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ARGUMENT = "audioUrl"


def is_public(address: Address) -> bool:
    """Whether `address`, and the IPv4 address inside an IPv6 one, is a public unicast address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            inner = address.teredo[1]
        elif address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None and not is_public(inner):
            return False
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def literal_address(host: str) -> Address | None:
    """The address that `host` (without brackets) spells; None when it is a name.

    Raises BadInput for the other spellings that system resolvers read as addresses: decimal,
    octal and hexadecimal numbers, and fewer than four parts.
    """
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    last = host.rstrip(".").rsplit(".", 1)[-1]
    if re.fullmatch(r"[0-9]+|0[xX][0-9a-fA-F]*", last):
        raise BadInput(
            f"{host} is not a host name; write an IPv4 address as four decimal numbers.", _ARGUMENT
        )
    return None


class PinnedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses, and to the hosts of an allow-list whatever their address."""

    def __init__(self, allowed_hosts: Iterable[str]) -> None:
        """allowed_hosts: names or addresses that need not be public, any port."""
        self._allowed = frozenset(_canonical(host) for host in allowed_hosts)
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  (the name is httpcore's)
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> AsyncNetworkStream:
        """Connect to the first of the host's addresses that answers; raises BadInput when any of
        them may not be reached.
        """
        addresses = await self._resolve(host, port)
        error: Exception | None = None
        for address in addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except httpcore.ConnectError as problem:
                error = problem
        raise error or httpcore.ConnectError(f"{host} has no address")

    async def _resolve(self, host: str, port: int) -> list[str]:
        literal = literal_address(host)
        allowed = _canonical(host) in self._allowed
        if literal is not None:
            _check((literal,), host, allowed)
            return [str(literal)]
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise BadInput(f"The host {host} cannot be found.", _ARGUMENT) from error
        names = list(dict.fromkeys(str(entry[4][0]).split("%")[0] for entry in found))
        _check([ipaddress.ip_address(name) for name in names], host, allowed)
        return names


def _check(addresses: Collection[Address], host: str, allowed: bool) -> None:
    if not allowed and not all(is_public(address) for address in addresses):
        raise BadInput(
            f"The host {host} is not on the public internet; "
            "only public hosts and those in SEGUE_AUDIO_ALLOWED_HOSTS may be reached.",
            _ARGUMENT,
        )


def _canonical(host: str) -> str:
    host = host.strip().strip("[]").rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host
