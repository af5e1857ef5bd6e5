"""Reads the certificate of a webhook's signature with `cryptography`, which only the webhook function contains.

The certificate's chain is not checked, because it is fetched over TLS from PayPal's host.
"""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from payments.record import record

_BITS_MIN, _BITS_MAX = 2048, 8192
_EXPONENT_MAX = 2**32  # A larger one only makes the check slow.


@record
class Certificate:
    common_name: str
    not_before: datetime
    not_after: datetime
    key: RSAPublicKey

    def is_valid(self, at: datetime) -> bool:
        return self.not_before <= at <= self.not_after

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        """Check RSASSA-PKCS1-v1_5 with SHA-256, which PayPal calls SHA256withRSA."""
        try:
            self.key.verify(signature, message, PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def read_certificate(pem: str) -> Certificate:
    """Return the first certificate of the PEM text. Raises ValueError if it is unreadable or its key is unsuitable."""
    try:
        read = x509.load_pem_x509_certificate(pem.encode())
        return Certificate(_common_name(read), read.not_valid_before_utc, read.not_valid_after_utc, _key(read))
    except (UnsupportedAlgorithm, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from None


def _key(read: x509.Certificate) -> RSAPublicKey:
    key = read.public_key()
    if not isinstance(key, RSAPublicKey):
        raise ValueError("no RSA key")
    if not _BITS_MIN <= key.key_size <= _BITS_MAX:
        raise ValueError(f"a key of {key.key_size} bits")
    if key.public_numbers().e > _EXPONENT_MAX:
        raise ValueError("exponent of the key")
    return key


def _common_name(read: x509.Certificate) -> str:
    """Return the subject's common name. Raises ValueError unless it has exactly one."""
    names = [str(each.value) for each in read.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    if len(names) != 1:
        raise ValueError("common name of the subject")
    return names[0]
