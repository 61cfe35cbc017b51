"""Does each mechanism ask and conclude as it should?"""

import pytest

from pillarbox.proto.sasl import (
    MECHANISMS,
    Challenge,
    CheckPassword,
    Failed,
    NeedVerifier,
    Verified,
    exchange,
)
from pillarbox.proto.scram import ScramClient, derive_verifier


def test_plain_at_once_and_asked() -> None:
    assert exchange("PLAIN").start(b"\0user\0pencil") == CheckPassword("user", "pencil", "")
    asked = exchange("PLAIN")
    assert asked.start(None) == Challenge(b"")
    assert asked.respond("boss\0jürgen\0größe".encode()) == CheckPassword("jürgen", "größe", "boss")


@pytest.mark.parametrize(
    "message", [b"", b"user", b"\0user\0", b"\0\0pencil", b"\0user\0pen\0cil", b"\0us\xffer\0p", b"\0us\ner\0p"]
)
def test_plain_that_is_none(message: bytes) -> None:
    assert isinstance(exchange("PLAIN").start(message), Failed)


def test_login_at_once_and_asked() -> None:
    asked = exchange("LOGIN")
    assert asked.start(None) == Challenge(b"Username:")
    assert asked.respond(b"user") == Challenge(b"Password:")
    assert asked.respond(b"pencil") == CheckPassword("user", "pencil", "")
    told = exchange("LOGIN")
    assert told.start(b"user") == Challenge(b"Password:")
    assert told.respond(b"") == Failed("a name or a password is missing or not UTF-8", "user")


def test_scram_to_its_end() -> None:
    client = ScramClient("user", "pencil", b"client")
    ours = exchange("SCRAM-SHA-256")
    assert ours.start(None) == Challenge(b"")
    assert ours.respond(client.first) == NeedVerifier("user")
    challenge = ours.provide(derive_verifier("pencil", b"salt", 4096), b"server")
    assert isinstance(challenge, Challenge)
    verified = ours.respond(client.final(challenge.data))
    assert isinstance(verified, Verified)
    assert (verified.user, verified.authzid) == ("user", "")
    client.check(verified.final)


def test_scram_with_an_unknown_user_looks_the_same_and_fails() -> None:
    client = ScramClient("nobody", "pencil", b"client")
    ours = exchange("SCRAM-SHA-256")
    assert ours.start(client.first) == NeedVerifier("nobody")
    challenge = ours.provide(None, b"server")
    assert isinstance(challenge, Challenge)
    assert ours.respond(client.final(challenge.data)) == Failed("the proof is wrong", "nobody")


def test_scram_that_is_none() -> None:
    assert isinstance(exchange("SCRAM-SHA-256").start(b"p=tls-exporter,,n=user,r=abc"), Failed)
    assert isinstance(exchange("SCRAM-SHA-256").provide(None, b"n"), Failed)


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_a_verifier_is_for_scram(mechanism: str) -> None:
    assert isinstance(exchange(mechanism).provide(None, b""), Failed)


def test_only_what_is_named_is_there() -> None:
    for mechanism in MECHANISMS:
        exchange(mechanism)
    with pytest.raises(KeyError):
        exchange("CRAM-MD5")
