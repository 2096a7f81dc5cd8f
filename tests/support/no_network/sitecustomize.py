"""Block of network access in every Python process that tests start.

Python imports `sitecustomize` by itself.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

WATCHED = ("socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo")


def is_local(host: object) -> bool:
    """Return True if an address is on this machine."""
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host in (None, "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return str(host) == socket.gethostname()


def deny(event: str, facts: tuple[Any, ...]) -> None:
    """Refuse connections beyond loopback; Unix and kernel sockets are allowed."""
    if event not in WATCHED:
        return
    if event == "socket.getaddrinfo":
        host = facts[0]
    else:
        family, address = facts[0].family, facts[1]
        if family not in (socket.AF_INET, socket.AF_INET6) or not isinstance(address, tuple):
            return
        host = address[0]
    if not is_local(host):
        raise PermissionError(f"Tests talk to this machine only, not to {host!r}.")


sys.addaudithook(deny)
