"""Are commands read as they were meant, and refused with the right code where they mean nothing?"""

import pytest

from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Envelope, Notify, Recipient, Return
from pillarbox.mail.errors import PermanentError
from pillarbox.proto.smtp import commands
from pillarbox.proto.smtp.commands import Chunk, SignIn
from pillarbox.proto.smtp.server import Role, ServerSettings

SETTINGS = ServerSettings("mx", Role.SUBMISSION, future_release=100, auth=("PLAIN",))
NOW = 1_800_000_000.0


def mail(argument: str, settings: ServerSettings = SETTINGS) -> Envelope:
    return commands.read_mail(argument, settings, lambda: NOW)


def rcpt(argument: str, smtputf8: bool = False) -> Recipient:
    return commands.read_rcpt(argument, smtputf8, SETTINGS)


@pytest.mark.parametrize(
    ("argument", "path"),
    [
        ("FROM:<a@b.example>", "a@b.example"),
        ("from : < a@B.example > ", "a@b.example"),
        ("FROM:a@b.example", "a@b.example"),
        ("FROM:<@x.example,@y.example:a@b.example>", "a@b.example"),
        ('FROM:<"a>b \\" c"@b.example>', '"a>b \\" c"@b.example'),
        ('FROM:<"a"@b.example>', "a@b.example"),
        ("FROM:<>", ""),
        ("FROM:< >", ""),
        ("FROM:<a@[IPv6:2001:DB8::1]>", "a@[ipv6:2001:db8::1]"),
    ],
)
def test_paths(argument: str, path: str) -> None:
    assert mail(argument).sender_text == path


@pytest.mark.parametrize(
    "argument", ["", "FROM", "FROM:", "FROM:<", "TO:<a@b.example>", "FROM:<a@b.example>x", "FROM:<a>"]
)
def test_paths_that_are_none(argument: str) -> None:
    with pytest.raises(PermanentError) as refused:
        mail(argument)
    assert (refused.value.reply.code, refused.value.reply.status) == (501, "5.1.7")


def test_delivery_wishes() -> None:
    assert mail("FROM:<a@b.example> RET=hdrs ENVID=a+2Bb").ret is Return.HEADERS
    wish = rcpt("TO:<a@b.example> NOTIFY=failure,DELAY ORCPT=rfc822;Bob+2Bx@b.example")
    assert wish == Recipient(Address("a", "b.example"), Notify.FAILURE | Notify.DELAY, "rfc822;Bob+x@b.example")
    assert rcpt("TO:<a@b.example> ORCPT=utf-8;b\\x{F6}b\\x{1F600}@b.example").original == "utf-8;böb😀@b.example"
    assert rcpt("TO:<a@b.example> ORCPT=utf-8;böb@b.example", smtputf8=True).original == "utf-8;böb@b.example"
    assert rcpt("TO:<a@b.example> NOTIFY=NEVER").notify is Notify.NEVER


def test_times_to_hold() -> None:
    assert mail("FROM:<> HOLDFOR=100").hold_until == NOW + 100
    assert mail("FROM:<> HOLDUNTIL=2027-01-15T08:00:50z").hold_until == NOW + 50
    assert (mail("FROM:<> HOLDUNTIL=0001-01-01T00:00:00+23:59").hold_until or 0) < 0
    with pytest.raises(PermanentError) as refused:
        commands.read_mail("FROM:<> HOLDFOR=1", SETTINGS, None)
    assert refused.value.reply.code == 555


@pytest.mark.parametrize(
    ("argument", "code"),
    [
        ("FROM:<> HOLDUNTIL=2027-01-15T08:01:41Z", 501),
        ("FROM:<> HOLDUNTIL=9999-12-31T23:59:59-23:59", 501),
        ("FROM:<> HOLDFOR=²", 501),
        ("FROM:<> SIZE=²", 501),
        ("FROM:<> SIZE=123456789012345678901", 501),
        ("FROM:<> =", 501),
        ("FROM:<> ENVID=" + "x" * 101, 501),
        ("FROM:<> ENVID=a+ff", 501),
        ("FROM:<> ENVID=a+FF", 501),
        ("FROM:<> AUTH=a+b", 501),
        ("FROM:<> AUTH", 501),
        ("FROM:<> NOTIFY=NEVER", 555),
    ],
)
def test_parameters_of_mail_that_are_refused(argument: str, code: int) -> None:
    with pytest.raises(PermanentError) as refused:
        mail(argument)
    assert refused.value.reply.code == code


def test_parameters_that_are_not_offered() -> None:
    bare = ServerSettings("mx", dsn=False, chunking=False, smtputf8=False)
    for parameter in ("RET=FULL", "ENVID=x", "BODY=BINARYMIME", "SMTPUTF8", "HOLDFOR=1", "HOLDUNTIL=x"):
        with pytest.raises(PermanentError) as refused:
            mail(f"FROM:<> {parameter}", bare)
        assert refused.value.reply.code == 555
    with pytest.raises(PermanentError) as refused:
        commands.read_rcpt("TO:<a@b.example> NOTIFY=NEVER", False, bare)
    assert refused.value.reply.code == 555


@pytest.mark.parametrize(
    "original", ["rfc822;" + "x" * 500, "utf-8;\\x{110000}", "utf-8;\\x{D8FF}", "utf-8;a b", "utf-8;\\x{zz}"]
)
def test_original_recipients_that_are_none(original: str) -> None:
    with pytest.raises(PermanentError):
        rcpt(f"TO:<a@b.example> ORCPT={original}")


def test_chunks() -> None:
    assert commands.read_chunk("0") == Chunk(0, last=False)
    assert commands.read_chunk("12  last ") == Chunk(12, last=True)
    for text in ("", "-1", "1 LAST LAST", "0x10", "1e3", "²", "1" * 21, "LAST"):
        with pytest.raises(PermanentError):
            commands.read_chunk(text)


def test_signing_in() -> None:
    assert commands.read_auth("plain") == SignIn("PLAIN", None)
    assert commands.read_auth("Scram-Sha-256 = ") == SignIn("SCRAM-SHA-256", "=")
    with pytest.raises(PermanentError):
        commands.read_auth("PLAIN a b")


def test_names_of_clients() -> None:
    assert commands.read_hello("  my_pc (home) ") == "my_pc"
    assert commands.read_hello(" ") == ""
    assert len(commands.read_hello("x" * 2000)) == 255


def test_time_spent_on_a_hostile_line_grows_with_its_length_only() -> None:
    for begin in ("FROM:<", 'FROM:<"', 'FROM:<"a\\'):
        for unit in ('""', '\\"', "@a:", "<", " ", '"a"'):
            with pytest.raises(PermanentError):
                mail(begin + unit * 5000 + "!")
