"""Which hosts a file of an app may be fetched from: public ones, and those that the user named."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["host_allowed", "is_public", "not_public"]

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL = (
    ipaddress.ip_network("64:ff9b:1::/48"),
    ipaddress.ip_network("3fff::/20"),
    ipaddress.ip_network("5f00::/16"),
)
"""Local translation, documentation and segment routing, which older Pythons take for global."""

_COMPATIBLE = ipaddress.ip_network("::/96")


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
    if (
        parsed.scope_id is not None
        or parsed.is_site_local
        or any(parsed in network for network in _LOCAL)
    ):
        return False
    return all(_public(each) for each in _inner(parsed) or [parsed])


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


def _inner(address: ipaddress.IPv6Address) -> list[ipaddress.IPv4Address] | None:
    """The IPv4 addresses that an IPv6 address leads to, if that is what it does."""
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address.sixtofour is not None:
        return [address.sixtofour]
    if address.teredo is not None:
        return list(address.teredo)
    if address in _NAT64 or address in _COMPATIBLE:
        return [ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)]
    return None


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        host, _, rest = entry[1:].partition("]")
        return host, int(rest[1:]) if rest[1:].isdigit() else None
    host, separator, port = entry.rpartition(":")
    if separator and ":" not in host and port.isdigit():
        return host.rstrip("."), int(port)
    return entry.rstrip("."), None
