"""Which certificates are accepted, and which signatures are forged."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from gateway_simulators.paypal.keys import certificate_pem, make_certificate, signing_key
from payments.gateways.paypal.certificate import Certificate, read_certificate

MESSAGE = b"aa11|2026-11-20T10:30:00Z|5SIM000000000000W|1234567890"
PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")
DIGEST = hashlib.sha256(MESSAGE).digest()
NO_PARAMETERS = bytes.fromhex("302f300b06096086480165030402010420")
SHA1_PREFIX = bytes.fromhex("3021300906052b0e03021a05000414")


@cache
def key(bits: int = 2048, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def read(private: rsa.RSAPrivateKey) -> Certificate:
    return read_certificate(make_certificate(private).decode())


def signed(private: rsa.RSAPrivateKey, block: bytes) -> bytes:
    """The raw RSA operation: with the private key any block can be signed."""
    numbers = private.private_numbers()
    size = (private.key_size + 7) // 8
    return pow(int.from_bytes(block, "big"), numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


def block(tail: bytes, size: int = 256, head: bytes = b"\x00\x01", fill: bytes = b"\xff") -> bytes:
    return head + fill * (size - len(head) - len(tail)) + tail


@pytest.mark.parametrize(("bits", "exponent"), [(2048, 65537), (2048, 3), (3072, 65537)])
def test_a_genuine_signature_is_genuine_and_any_other_message_is_not(bits: int, exponent: int) -> None:
    private = key(bits, exponent)
    signature = private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    certificate = read(private)
    assert certificate.has_signed(MESSAGE, signature)
    assert not certificate.has_signed(MESSAGE + b"0", signature)


FORGED_BLOCKS = {
    "another hash": block(b"\x00" + SHA1_PREFIX + hashlib.sha1(MESSAGE).digest()),  # noqa: S324
    "a sha256 digest named sha1": block(b"\x00" + SHA1_PREFIX + DIGEST[:20]),
    "no zero before the digest": block(PREFIX + DIGEST),
    "another block type": block(b"\x00" + PREFIX + DIGEST, head=b"\x00\x02"),
    "padding of zeros": block(b"\x00" + PREFIX + DIGEST, fill=b"\x00"),
    "short padding, and rubbish after": b"\x00\x01" + b"\xff" * 8 + b"\x00" + PREFIX + DIGEST + b"\xaa" * 194,
    "one byte after": block(b"\x00" + PREFIX + DIGEST + b"\x00"),
    "no parameters in the algorithm": block(b"\x00" + NO_PARAMETERS + DIGEST),
    "long length": block(b"\x00" + bytes.fromhex("308131300d060960864801650304020105000420") + DIGEST),
    "another digest": block(b"\x00" + PREFIX + hashlib.sha256(b"else").digest()),
    "only a digest": block(b"\x00" + DIGEST),
}  # fmt: skip


@pytest.mark.parametrize("forged", FORGED_BLOCKS.values(), ids=FORGED_BLOCKS)
def test_a_block_of_any_other_build_is_forged_even_by_the_key_itself(forged: bytes) -> None:
    assert len(forged) == 256
    signature = signed(key(), forged)
    assert not read(key()).has_signed(MESSAGE, signature)
    assert read(key()).has_signed(MESSAGE, signed(key(), block(b"\x00" + PREFIX + DIGEST)))


def test_a_cube_root_in_place_of_a_signature_is_forged() -> None:
    """Bleichenbacher's attack: exponent 3, short padding, and rubbish that a careless check ignores."""
    private = key(2048, 3)
    for rubbish in (194, 150, 100):
        wanted = b"\x00\x01" + b"\xff" * (202 - rubbish) + b"\x00" + PREFIX + DIGEST
        least = int.from_bytes(wanted + b"\x00" * (256 - len(wanted)), "big")
        root = _cube_root_above(least)
        cube = (root**3).to_bytes(256, "big")
        if rubbish == 194:
            assert cube.startswith(wanted)  # The forgery is a good one: a careless check would accept it.
        assert not read(private).has_signed(MESSAGE, root.to_bytes(256, "big"))


def _cube_root_above(number: int) -> int:
    low, high = 0, 1 << 700
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


def test_a_signature_of_any_other_size_or_scheme_is_forged() -> None:
    private, certificate = key(), read(key())
    signature = private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    for forged in (b"", b"\x00", b"\x00" + signature, signature[:-1], signature + b"\x00", bytes(256), b"\xff" * 256):
        assert not certificate.has_signed(MESSAGE, forged)
    assert not certificate.has_signed(MESSAGE, private.sign(MESSAGE, padding.PKCS1v15(), hashes.SHA512()))
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    assert not certificate.has_signed(MESSAGE, private.sign(MESSAGE, pss, hashes.SHA256()))


def test_a_number_beyond_the_modulus_is_no_signature() -> None:
    """The modulus added, a signature is another number with the same power."""
    certificate, numbers = read(signing_key()), signing_key().public_key().public_numbers()
    for number in range(500):
        message = b"%d" % number
        signature = signing_key().sign(message, padding.PKCS1v15(), hashes.SHA256())
        second = int.from_bytes(signature, "big") + numbers.n
        if second.bit_length() <= 2048:
            break
    assert certificate.has_signed(message, signature)
    assert pow(second, numbers.e, numbers.n) == pow(int.from_bytes(signature, "big"), numbers.e, numbers.n)
    assert not certificate.has_signed(message, second.to_bytes(256, "big"))


@pytest.mark.parametrize("bits", [1024, 2040])
def test_a_short_key_is_refused(bits: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        read_certificate(make_certificate(key(bits)).decode())


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="RSA"):
        read_certificate(make_certificate(ec.generate_private_key(ec.SECP256R1())).decode())  # type: ignore[arg-type]


@pytest.mark.parametrize("exponent", [1, 2, 4, 65536])
def test_an_exponent_that_is_even_or_tiny_is_refused(exponent: int) -> None:
    """The library makes no such key, so the number is replaced in its bytes."""
    der = x509.load_pem_x509_certificate(make_certificate(key())).public_bytes(serialization.Encoding.DER)
    changed = der.replace(bytes.fromhex("0203010001"), b"\x02\x03" + exponent.to_bytes(3, "big"))
    assert changed != der
    with pytest.raises(ValueError, match=r"e must be odd|invalid value"):
        read_certificate(_pem(changed))


def test_an_exponent_that_only_costs_time_is_refused() -> None:
    numbers = key().public_key().public_numbers()
    name, day = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x.paypal.com")]),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(day).not_valid_after(day)
    for exponent, is_good in ((2**32 + 1, False), (2**31 + 1, True)):
        public = rsa.RSAPublicNumbers(exponent, numbers.n).public_key()
        pem = builder.public_key(public).sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        if is_good:
            assert read_certificate(pem.decode()).key.public_numbers().e == exponent
        else:
            with pytest.raises(ValueError, match="exponent"):
                read_certificate(pem.decode())


@pytest.mark.parametrize("names", [(), ("a.paypal.com", "b.paypal.com")])
def test_a_subject_without_just_one_common_name_is_refused(names: tuple[str, ...]) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each) for each in names])
    day = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.not_valid_before(day).not_valid_after(day).public_key(key().public_key())
    pem = builder.sign(key(), hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(ValueError, match="common name"):
        read_certificate(pem.decode())


def test_of_a_chain_the_first_one_counts() -> None:
    chain = make_certificate(key()).decode() + certificate_pem().decode()
    assert read_certificate(chain).key == key().public_key()


@pytest.mark.parametrize(("before", "after"), [((1999, 1, 2), (2049, 12, 31)), ((2026, 1, 1), (2051, 2, 3))])
def test_times_of_both_kinds_are_read(before: tuple[int, int, int], after: tuple[int, int, int]) -> None:
    not_before, not_after = datetime(*before, tzinfo=UTC), datetime(*after, tzinfo=UTC)
    pem = make_certificate(key(), not_before=not_before, not_after=not_after).decode()
    certificate = read_certificate(pem)
    assert (certificate.not_before, certificate.not_after) == (not_before, not_after)
    second = timedelta(seconds=1)
    assert [certificate.is_valid(at) for at in (not_before - second, not_before, not_after, not_after + second)] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
def test_no_cut_and_no_changed_byte_is_more_than_a_value_error() -> None:
    der, rng = (
        x509.load_pem_x509_certificate(certificate_pem()).public_bytes(serialization.Encoding.DER),
        random.Random(3),
    )
    for cut in range(0, len(der), 3):
        with pytest.raises(ValueError):  # noqa: PT011 - Which one is of no interest.
            read_certificate(_pem(der[:cut]))
    for _ in range(1500):
        changed = bytearray(der)
        changed[rng.randrange(len(der))] = rng.randrange(256)
        try:
            read_certificate(_pem(bytes(changed)))
        except ValueError:
            continue


@pytest.mark.parametrize(
    "pem", ["", "<html>", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----", "\x00" * 9]
)
def test_what_is_no_certificate_is_a_value_error(pem: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_certificate(pem)


def test_the_simulators_certificate_is_the_same_at_every_start() -> None:
    assert make_certificate(signing_key()) == certificate_pem()


def _pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{b64encode(der).decode()}\n-----END CERTIFICATE-----\n"
