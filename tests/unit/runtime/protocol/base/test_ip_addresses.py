"""Which hosts a stranger's file may come from."""

from __future__ import annotations

import pytest

from gradio_session.protocol.base.ip_addresses import host_allowed, is_public, not_public

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1",
    "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1",
    "ff02::1", "ff0e::1", "2001:db8::1", "100::1", "3fff::1", "5f00::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "2002:7f00:1::", "2002:a00:1::1",
    "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2001:0:7f00:1::", "", "localhost",
    "127.1", "2130706433", "0x7f000001", "127.0.0.1:80",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "2606:4700:4700::1111",
    "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_among_public_ones_is_found() -> None:
    assert not_public(["1.1.1.1", "10.0.0.1", "8.8.8.8"]) == ["10.0.0.1"]


@pytest.mark.parametrize(
    ("host", "port", "allowed", "expected"),
    [
        ("files.example.org", 443, ["files.example.org"], True),
        ("FILES.example.org.", 443, ["files.EXAMPLE.org"], True),
        ("files.example.org", 443, ["example.org"], False),
        ("evil-example.org", 443, ["*.example.org"], False),
        ("a.b.example.org", 443, ["*.example.org"], True),
        ("example.org", 443, ["*.example.org"], False),
        ("files.example.org", 8443, ["files.example.org:8443"], True),
        ("files.example.org", 443, ["files.example.org:8443"], False),
        ("10.0.0.7", 9000, ["10.0.0.7"], True),
        ("::1", 80, ["::1"], True),
        ("::1", 80, ["[::1]:80"], True),
        ("::1", 81, ["[::1]:80"], False),
        ("anything", 80, [], False),
        ("anything", 80, ["", "*"], False),
    ],
)
def test_hosts_that_the_user_named(
    host: str, port: int, allowed: list[str], expected: bool
) -> None:
    assert host_allowed(host, port, allowed) is expected
