"""TLS: the venue's certificate, and what the certificate of a client says of it."""

import asyncio
import re
import ssl
from typing import Any

from gateway.config import ConfigError, TlsSettings
from gateway.entrance import Peer


def venue_context(settings: TlsSettings) -> ssl.SSLContext:
    """Return how the venue speaks TLS, 1.2 or later; raises ConfigError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise ConfigError(
            f"tls: certificate {settings.certificate} and key {settings.key} cannot be used: "
            f"{reason(error)}; name a chain and its key, both in PEM"
        ) from None
    if settings.client_ca:
        try:
            context.load_verify_locations(settings.client_ca)
        except OSError as error:
            raise ConfigError(
                f"tls: client_ca {settings.client_ca} cannot be used: {reason(error)}; name "
                "certificates in PEM"
            ) from None
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def reason(error: OSError) -> str:
    """Return what is wrong with a file, in words."""
    return getattr(error, "reason", None) or error.strerror or str(error)


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """Return who is at the other end of a connection."""
    address, *_ = transport.get_extra_info("peername") or ("",)
    context = transport.get_extra_info("sslcontext")
    if context is None or context.verify_mode is not ssl.CERT_REQUIRED:
        return Peer(address)
    return Peer(address, branch_in(transport.get_extra_info("peercert")))


def branch_in(certificate: dict[str, Any]) -> int:
    """Return the branch that a certificate names: its organisational unit is `branch N`; or 0."""
    names = [name for names in certificate["subject"] for name in names]
    units = [value for name, value in names if name == "organizationalUnitName"]
    found = [re.fullmatch(r"branch ([1-9]\d{0,9})", unit) for unit in units]
    return int(found[0][1]) if len(found) == 1 and found[0] else 0
