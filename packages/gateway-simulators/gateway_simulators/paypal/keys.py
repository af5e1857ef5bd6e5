"""The key that signs the simulator's webhooks, and its certificate. The same at every start; they protect nothing."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

COMMON_NAME = "messageverificationcerts.sandbox.paypal.com"
CERTIFICATE_PATH = "/v1/notifications/certs/CERT-SIM-1"
_EXPONENT = 65537
P = (
    "e822e1a81c90e45cd9f58bf373a13e4f7ecb647b3191f6afb66a98f385c333b27bd2b185cccb3b7f9836f558caddbb31"
    "8b47f77c072a3005bf2d1575544066bfb0230e73d9e370d797e2e6469b0cca63f2bedee6d33523912677d5fb2e94bd77"
    "906443286871b50f105d480a856948a228fe63bffa1b7e25696f0a5c1d8b2cbd"
)
Q = (
    "b83a063d8a1152d342209f1fd38607767c904489c390d9b8d12d7c0ac14735f8a882de5ed0b264eba4deff292af354c1"
    "dc4d36ef73bc1bf09369e67ef9c15b07a2acfae42ab7ff22b54bb55b367458ceef051db527076814a53dc14c0a9b78f5"
    "fd4d0d38cc8e1be9bd489194adfd089e2f513b4e633db90f303b371f665adce7"
)


@cache
def signing_key() -> rsa.RSAPrivateKey:
    p, q = int(P, 16), int(Q, 16)
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    return numbers.private_key()


@cache
def certificate_pem() -> bytes:
    return make_certificate(signing_key())


def make_certificate(
    key: rsa.RSAPrivateKey,
    common_name: str = COMMON_NAME,
    not_before: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    not_after: datetime = datetime(2049, 12, 31, tzinfo=UTC),
) -> bytes:
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "PayPal, Inc."),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(8103)
    builder = builder.public_key(key.public_key()).not_valid_before(not_before).not_valid_after(not_after)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def sign(message: bytes) -> str:
    return b64encode(signing_key().sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def has_signed(message: bytes, signature: bytes) -> bool:
    try:
        signing_key().public_key().verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
