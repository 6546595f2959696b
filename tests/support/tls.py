"""Certificates of a test's own authority."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Authority:
    """A certificate authority that nobody else knows.

    Args:
        folder: Where certificates are written that must be files.

    Attributes:
        pem: Path of the authority's own certificate.
        client_pem: Path of a client certificate with its key.
    """

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.pem = folder / "authority.pem"
        self.pem.write_bytes(self._ca.cert_pem.bytes())
        self.client_pem = folder / "client.pem"
        self._ca.issue_cert("client@example.org").private_key_and_cert_chain_pem.write_to_path(
            str(self.client_pem)
        )

    def server(self, *names: str, ask_client: bool = False) -> ssl.SSLContext:
        """A context for a server of these names (127.0.0.1 and localhost without any); `ask_client`
        refuses clients without a certificate of ours.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*(names or ("127.0.0.1", "localhost"))).configure_cert(context)
        if ask_client:
            self._ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def client(self) -> ssl.SSLContext:
        """A context for a client that trusts this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._ca.configure_trust(context)
        return context
