"""Does reading addresses and header blocks survive whatever a message holds? Mutates good ones.

Only AddressError and MailboxError may come out, an address is read as it was written, and fields lie where they say.
"""

import random

from fuzz.rounds import mutate
from pillarbox.mail import headers, mailboxes
from pillarbox.mail.address import Address, AddressError, parse_domain, to_ascii
from pillarbox.mail.mailboxes import MailboxError

ADDRESSES = (
    "ann@example.com", '"a b\\"c"@example.com', "jörg@bücher.example", "a.b+c@[192.0.2.1]", "x@[IPv6:2001:db8::1]",
    "a@xn--bcher-kva.example", "Postmaster", '""@example.com', "用户@例子.广告",
)  # fmt: skip
FIELDS = (
    "Ann <ann@example.com>, (a (nested) comment) b@example.com", "Friends: a@b.test, C <c@d.test>; e@f.test",
    "<@r.test,@s.test:a@b.test>", "=?utf-8?q?x=40evil=2Etest?= <a@b.test>", '"Bank, The" <a . x @ b . test>',
)  # fmt: skip
HEADER = (
    b"Received: from a\r\n\tby b;\r\n today\r\nDelivered-To: ANN@example.test\r\nreceived : x\r\nFrom: a@b.test\r\n"
    b"Subject: One\r\n two\r\nMessage-ID: <1@x>\r\nnonsense\r\n\r\nbody\r\n"
)
SPICE = (
    b"@", b".", b'"', b"\\", b"<", b">", b"(", b")", b",", b";", b":", b"[", b"]", b" ", b"\t", b"\0", b"\r\n", b"\n",
    b"\r\n ", b"\r\n\r\n", b"\xc3\xbc", b"\xff", b"xn--", b"\xe2\x80\xae", b"IPv6:", b"Received: x\r\n", b"a" * 300,
    b"(" * 3000, b'"\\' * 2000, b" " * 20_000, b"\r\n " * 5000, b"a@b.test," * 1100,
)  # fmt: skip


def address(text: str) -> None:
    """What is taken for an address is the same address when it is written and read again."""
    try:
        found = Address.parse(text)
    except AddressError:
        return
    again = Address.parse(str(found))
    assert (again.local, again.domain, again.key) == (found.local, found.domain, found.key), (found, again)
    assert not set(str(found)) & set("\r\n\0"), found
    if found.domain and not found.domain.startswith("["):
        assert to_ascii(parse_domain(found.domain)) == found.ascii_domain, found


def field(text: str) -> None:
    """What is taken for a mailbox is an address, with a domain."""
    try:
        found = mailboxes.parse(text)
    except MailboxError:
        return
    assert all(mailbox.address.domain for mailbox in found), found


def header(octets: bytes) -> None:
    """Fields come one behind the other, and each lies where it says."""
    size = headers.header_size(octets)
    assert 0 <= size <= len(octets)
    end = 0
    for found in headers.fields(octets[:size]):
        assert end <= found.start < found.end <= size
        assert octets[found.start : found.end].startswith(found.name)
        assert "\n" not in found.value or b"\n" in found.raw
        end = found.end
    assert headers.glance(octets[:size]).received >= 0


def one_case(seed: int) -> None:
    """One address, one From field and one header block, each mutated."""
    dice = random.Random(seed)
    address(mutate(dice.choice(ADDRESSES).encode(), dice, SPICE).decode("utf-8", "surrogateescape"))
    field(mutate(dice.choice(FIELDS).encode(), dice, SPICE).decode("utf-8", "replace"))
    header(mutate(HEADER, dice, SPICE))
