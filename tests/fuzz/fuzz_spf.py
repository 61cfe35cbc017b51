"""Does SPF survive whatever stands in DNS? Mutates records, answers and senders.

A check always ends with a result, within the lookups that RFC 7208 §4.6.4 allows, and asks only for names that DNS can
hold; a record that was read is read the same again; an explanation is printable ASCII.
"""

import random
from ipaddress import ip_address

from fuzz.rounds import mutate
from pillarbox.senderauth.asking import Kind
from pillarbox.senderauth.iprev import check
from pillarbox.senderauth.spf import Spf, SpfResult, SpfSettings, check_host
from pillarbox.senderauth.spf_macros import is_name
from pillarbox.senderauth.spf_record import Record, RecordError
from senderauth import spf_cases
from senderauth.zone import Zone

SPICE = (
    b"%", b"%{", b"}", b"%{d0}", b"%{l99999999999r-+,/_=}", b"%{p}", b"%{s}" * 500, b"%%" * 3000, b"=", b":", b"/",
    b" ", b"\0", b"\xff", b"/" * 5000, b"." * 300, b"a" * 300, b"a." * 5000, b" a" * 3000, b" include:%{d}", b"//",
    b"exp=", b"//128", b"/32", b"ip6:" + b":" * 2000, b"ip4:1.2.3.4/", b"1" * 5000, b"-" * 5000, b"redirect=",
    b"\xc3\xbc", b"\\",
)  # fmt: skip
SETTINGS = SpfSettings()
# Terms that ask, with ten hosts each; the names of the address with theirs; the records; the explanation.
QUESTIONS_MAX = 11 * 12 + 11 + 2


def spoil(zone: Zone, dice: random.Random) -> None:
    """Some records of ``zone`` are not what they were."""
    for (_, kind), rows in zone.rows.items():
        for number, row in enumerate(rows):
            if dice.random() < 0.3 and isinstance(row, bytes):
                rows[number] = mutate(row, dice, SPICE)
            elif dice.random() < 0.1 and kind is Kind.PTR:
                rows[number] = mutate(str(row).encode(), dice, SPICE).decode("utf-8", "surrogateescape")
            elif dice.random() < 0.1 and kind is Kind.MX:
                rows[number] = 1, mutate(b"mx.example.org", dice, SPICE).decode("utf-8", "replace")


def read(octets: bytes) -> None:
    """Only RecordError may come out."""
    try:
        record = Record.parse(octets)
    except RecordError:
        return
    assert Record.parse(record.text.encode()) == record


def one_case(seed: int) -> None:
    """One check in a world where much is wrong."""
    dice = random.Random(seed)
    case = spf_cases.make(seed)
    spoil(case.zone, dice)
    for rows in case.zone.rows.values():
        for row in rows:
            if isinstance(row, bytes):
                read(row)
    sender, helo = (
        mutate(text.encode(), dice, SPICE[:12] + SPICE[-2:]).decode("utf-8", "surrogateescape")
        if dice.random() < 0.2
        else text
        for text in (case.sender, case.helo)
    )
    found: Spf = case.zone.run(check_host(case.ip, sender, helo, SETTINGS))
    assert found.result in SpfResult
    assert found.lookups <= SETTINGS.lookups + 1
    assert found.voids <= SETTINGS.voids + 1
    assert len(case.zone.asked) <= QUESTIONS_MAX, len(case.zone.asked)
    assert all(is_name(question.name) for question in case.zone.asked)
    assert found.explanation is None or (found.explanation.isascii() and found.explanation.isprintable())
    assert found.reason
    case.zone.run(check(ip_address(str(case.ip))))
