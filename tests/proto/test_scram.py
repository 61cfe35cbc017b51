"""Does SCRAM-SHA-256 prove what it should, and nothing else?"""

from base64 import b64decode, b64encode

import pytest

from pillarbox.proto.scram import (
    ClientFirst,
    ScramClient,
    ScramError,
    ScramServer,
    ScramVerifier,
    decoy_verifier,
    derive_verifier,
    prepare,
)

SALT = b"0123456789abcdef"
VERIFIER = derive_verifier("pencil", SALT, 4096)


def test_the_example_of_rfc_7677() -> None:
    client = ScramClient("user", "pencil", b64decode("rOprNGfwEbeRWgbNEkqO"))
    assert client.first == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    nonce = b"rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    final = client.final(b"r=" + nonce + b",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    assert final == b"c=biws,r=" + nonce + b",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    client.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
    with pytest.raises(ScramError):
        client.check(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95H4=")
    with pytest.raises(ScramError):
        client.check(b"e=other-error")


def converse(user: str, password: str, verifier: ScramVerifier = VERIFIER) -> str:
    client = ScramClient(user, password, b"client nonce")
    first = ClientFirst.parse(client.first)
    server = ScramServer(first, verifier, b"server nonce")
    client.check(server.verify(client.final(server.challenge)))
    return first.user


def test_both_sides_understand_each_other() -> None:
    assert converse("user", "pencil") == "user"
    assert converse("a=b,c", "pencil") == "a=b,c"
    assert converse("jürgen", "größe", derive_verifier("gro\u0308ße", SALT, 4096)) == "jürgen"


def test_a_wrong_password_is_refused() -> None:
    with pytest.raises(ScramError):
        converse("user", "pencils")


def test_no_password_fits_a_decoy() -> None:
    with pytest.raises(ScramError):
        converse("user", "pencil", decoy_verifier("user", b"s", 4096))


def test_a_decoy_is_the_same_each_time_and_differs_by_name_and_secret() -> None:
    assert decoy_verifier("eve", b"s") == decoy_verifier("eve", b"s")
    assert decoy_verifier("eve", b"s").salt != decoy_verifier("adam", b"s").salt
    assert decoy_verifier("eve", b"s").salt != decoy_verifier("eve", b"t").salt
    assert len(decoy_verifier("eve", b"s").salt) == 16


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"n,,",
        b"n=user,r=abc",
        b"p=tls-unique,,n=user,r=abc",
        b"x,,n=user,r=abc",
        b"n,,n=,r=abc",
        b"n,,n=user,r=",
        b"n,,m=must,n=user,r=abc",
        b"n,,n=a=2Db,r=abc",
        b"n,,n=\xff,r=abc",
        b"n,,n=us\0er,r=abc",
        b"n,a=,n=user,r=abc",
        b"n,,n=user,r=a c",
        b"n,,n=user,r=abc\r\n",
    ],
)
def test_first_messages_that_are_refused(message: bytes) -> None:
    with pytest.raises(ScramError):
        ClientFirst.parse(message)


def test_first_messages_that_are_understood() -> None:
    first = ClientFirst.parse(b"y,a=ro=3Dot,n=us=2Cer,r=abc,x=more")
    assert (first.user, first.authzid, first.nonce, first.header) == ("us,er", "ro=ot", b"abc", b"y,a=ro=3Dot,")


def final_message(change: bytes = b"", by: bytes = b"") -> bytes:
    client = ScramClient("user", "pencil", b"client nonce")
    server = ScramServer(ClientFirst.parse(client.first), VERIFIER, b"server nonce")
    return client.final(server.challenge).replace(change, by) if change else client.final(server.challenge)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"c=biws",
        final_message(b"c=biws", b"c=eSws"),
        final_message(b"r=", b"r=x"),
        final_message(b"p=", b"p=A"),
        final_message().split(b",p=")[0] + b",p=AAAA",
        final_message().split(b",p=")[0] + b",p=" + b64encode(bytes(32)),
        final_message() + b"=",
        final_message().replace(b",p=", b",x=y,p="),
    ],
)
def test_last_messages_that_are_refused(message: bytes) -> None:
    client = ScramClient("user", "pencil", b"client nonce")
    server = ScramServer(ClientFirst.parse(client.first), VERIFIER, b"server nonce")
    with pytest.raises(ScramError):
        server.verify(message)
    server.verify(final_message())


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"e=no",
        b"r=other,s=AAAA,i=4096",
        b"r=NONCE,s=AAAA,i=4096",
        b"r=NONCEx,s=AAAA,i=1",
        b"r=NONCEx,s=AAAA,i=99999999",
        b"r=NONCEx,s=AAA,i=4096",
        b"r=NONCEx,s=AAAA,i=0x10",
        b"m=must,r=NONCEx,s=AAAA,i=4096",
    ],
)
def test_servers_that_a_client_refuses(message: bytes) -> None:
    client = ScramClient("user", "pencil", b"client nonce")
    with pytest.raises(ScramError):
        client.final(message.replace(b"NONCE", b64encode(b"client nonce")))


def test_a_client_whose_first_message_was_changed_is_refused() -> None:
    client = ScramClient("user", "pencil", b"client nonce")
    changed = ClientFirst.parse(client.first.replace(b"n,,", b"y,,", 1))
    server = ScramServer(changed, VERIFIER, b"server nonce")
    with pytest.raises(ScramError):
        server.verify(client.final(server.challenge))


@pytest.mark.parametrize("password", ["", "a\0b", "a\nb", "a\ud800b", "\x7f"])
def test_passwords_that_are_none(password: str) -> None:
    with pytest.raises(ScramError):
        prepare(password)


def test_one_spelling_of_a_password() -> None:
    assert prepare("a b") == "a b"
    assert prepare("a\u3000b") == "a b"
    assert prepare("\u0041\u030a") == "\u00c5"
