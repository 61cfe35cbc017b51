"""Is a SASL exchange read from lines and written into them as RFC 4954 and RFC 5034 have it?"""

from base64 import b64decode, b64encode

import pytest

from pillarbox.proto.sasl import CheckPassword, Failed, NeedVerifier
from pillarbox.proto.sasl_lines import Ask, Auth, AuthDone, SigningIn, Spoilt
from pillarbox.proto.scram import ScramClient, derive_verifier

PLAIN = b64encode(b"\0user\0pencil").decode()


def test_the_password_in_the_command_itself() -> None:
    assert SigningIn("PLAIN").start(PLAIN) == Auth("PLAIN", CheckPassword("user", "pencil", ""))


def test_the_password_when_asked() -> None:
    signing_in = SigningIn("LOGIN")
    assert signing_in.start(None) == Ask("VXNlcm5hbWU6")
    assert signing_in.respond(b"dXNlcg==\r\n") == Ask("UGFzc3dvcmQ6")
    assert signing_in.respond(b" cGVuY2ls \n") == Auth("LOGIN", CheckPassword("user", "pencil", ""))


def test_an_empty_first_response_is_an_equals_sign() -> None:
    outcome = SigningIn("PLAIN").start("=")
    assert isinstance(outcome, Auth)
    assert isinstance(outcome.step, Failed)  # and not asked again: a response there was
    assert SigningIn("PLAIN").start(None) == Ask("")


@pytest.mark.parametrize("text", ["*", "a", "dXNlcg", "dXNlcg==x", "=dXN", "d X N l", "dXNl\0", "ä"])
def test_a_first_response_that_is_not_base64(text: str) -> None:
    assert SigningIn("PLAIN").start(text) is Spoilt.NOT_BASE64


@pytest.mark.parametrize("line", [b"=\r\n", b"a\r\n", b"**\r\n", b"dXNlcg=\r\n", b"\xff\r\n"])
def test_a_response_that_is_not_base64(line: bytes) -> None:
    signing_in = SigningIn("LOGIN")
    signing_in.start(None)
    assert signing_in.respond(line) is Spoilt.NOT_BASE64


def test_a_star_gives_up() -> None:
    signing_in = SigningIn("LOGIN")
    signing_in.start(None)
    assert signing_in.respond(b"*\r\n") is Spoilt.GIVEN_UP


def test_the_last_word_of_scram_is_one_more_challenge() -> None:
    client, signing_in = ScramClient("user", "pencil", b"n" * 18), SigningIn("SCRAM-SHA-256")
    assert signing_in.start(b64encode(client.first).decode()) == Auth("SCRAM-SHA-256", NeedVerifier("user"))
    asked = signing_in.provide(derive_verifier("pencil", b"s" * 16, 4096), b"m" * 18)
    assert isinstance(asked, Ask)
    last = signing_in.respond(b64encode(client.final(b64decode(asked.text))))
    assert isinstance(last, Ask)
    client.check(b64decode(last.text))
    assert signing_in.respond(b"\r\n") == AuthDone("SCRAM-SHA-256", "user", "")
