"""The keys of a cluster: only who has them can use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from distributed import Security

EARLIER = timedelta(days=1)
"""How far the clock of a node may be behind: a certificate is invalid before it begins."""
VALID_FOR = timedelta(days=365)
NAME = "dask-internal"
"""The host name in the certificate, as `distributed.Security.temporary` writes it."""


def make() -> Security:
    """Return a new key with its certificate, for scheduler, workers and clients alike.

    It equals that of `distributed.Security.temporary`, but has been valid since yesterday, and its
    type is generated in a millisecond.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    certificate = _certificate(key)
    return Security(
        require_encryption=True,
        tls_ca_file=certificate,
        tls_client_key=text,
        tls_client_cert=certificate,
        tls_scheduler_key=text,
        tls_scheduler_cert=certificate,
        tls_worker_key=text,
        tls_worker_cert=certificate,
    )


def _certificate(key: ec.EllipticCurvePrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(now + VALID_FOR)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()
