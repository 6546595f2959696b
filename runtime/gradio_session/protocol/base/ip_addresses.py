"""Which hosts a file of an app may be fetched from: public ones, and those that the user named."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["host_allowed", "is_public", "not_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
"""Older Pythons take it for global."""


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet.

    Private, loopback, link-local, shared, multicast, reserved and unspecified addresses do not, nor
    do IPv6 addresses that stand for an IPv4 address (mapped, 6to4, Teredo, NAT64) which does not.
    Text that is no IP address is not public.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return _public(parsed)
    if parsed.scope_id is not None or parsed.is_site_local or parsed in _DOCUMENTATION:
        return False
    return all(_public(each) for each in _reached(parsed))


def not_public(addresses: Iterable[str]) -> list[str]:
    """Those of a host's addresses that are not public; one of them is enough to refuse the host."""
    return [address for address in addresses if not is_public(address)]


def host_allowed(host: str, port: int, allowed: Sequence[str]) -> bool:
    """Whether the user named the host.

    Args:
        host: Host name or IP address, without brackets.
        port: The port that would be used.
        allowed: "files.example.org", "files.example.org:8443" (that port only), "*.example.org"
            (any host below it), or an IP address; case does not count.
    """
    wanted = host.lower().rstrip(".")
    for entry in allowed:
        name, entry_port = _split_port(entry.strip().lower())
        if entry_port not in (None, port):
            continue
        if name == wanted or (
            name.startswith("*.") and wanted.endswith(name[1:]) and len(wanted) > len(name[1:])
        ):
            return True
    return False


def _public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    # What is global is no private, loopback, link-local or unspecified address.
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _reached(
    address: ipaddress.IPv6Address,
) -> Iterable[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The IPv4 addresses that an IPv6 address leads to, if that is what it does; else itself."""
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)]
    return address.teredo or [address.ipv4_mapped or address.sixtofour or address]


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, int(rest[1:]) if rest[1:].isdigit() else None
    host, separator, port = entry.rpartition(":")
    if separator and ":" not in host and port.isdigit():
        return host.rstrip("."), int(port)
    return entry.rstrip("."), None
