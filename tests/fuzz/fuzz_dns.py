"""Does reading DNS answers survive whatever a server sends? Mutates good answers.

Only ValueError may come out, and lists stay bounded.
"""

import random

import dns.edns
import dns.message
import dns.rrset

from pillarbox.net.dns import Kind
from pillarbox.net.dns_wire import (
    RECORDS_MAX,
    BadName,
    Question,
    complaint,
    is_answer_to,
    is_truncated,
    parse,
    parse_name,
    read,
)

RECORDS = {
    Kind.A: ["192.0.2.1", "192.0.2.2"],
    Kind.AAAA: ["2001:db8::1"],
    Kind.MX: ["10 a.example.test.", "20 b.example.test.", "0 ."],
    Kind.TXT: ['"v=spf1 -all"', '"one" "two"'],
    Kind.PTR: ["mx.example.test."],
    Kind.TLSA: ["3 1 1 " + "ab" * 32, "2 1 0 00"],
}


def good(question: Question, dice: random.Random) -> bytes:
    """A well-formed answer, sometimes through aliases, sometimes negative."""
    query = dns.message.from_wire(question.encode())
    reply = dns.message.make_response(query)
    name = f"{question.name}."
    for n in range(dice.choice((0, 0, 1, 3, 12))):
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", "CNAME", f"c{n}.example.test."))
        name = f"c{n}.example.test."
    if dice.random() < 0.7:
        texts = RECORDS[question.kind]
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", question.kind.name, *texts))
    else:
        soa = "ns.example.test. admin.example.test. 1 2 3 4 60"
        reply.authority.append(dns.rrset.from_text("example.test.", 300, "IN", "SOA", soa))
        reply.use_edns(
            options=[
                dns.edns.EDEOption(
                    dns.edns.EDECode.make(dice.randrange(40)), dice.choice((None, "expired", "\x00\n" * 99))
                )
            ]
        )
    return reply.to_wire(max_size=65_535)


def mutate(octets: bytes, dice: random.Random) -> bytes:
    """``octets`` with some of it lost, doubled or changed; the header's counts and name pointers above all."""
    text = bytearray(octets)
    for _ in range(dice.randint(0, 6)):
        at = dice.randint(0, max(0, len(text) - 1)) if dice.random() < 0.7 else dice.randint(2, 11)
        match dice.randrange(4):
            case 0:
                del text[at : at + dice.choice((1, 4, 30))]
            case 1:
                text[at:at] = text[at : at + 12] * dice.choice((1, 1, 200))
            case 2:
                text[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                text[at : at + 2] = bytes([0xC0 | dice.randrange(4), dice.randrange(256)])
    return bytes(text)


def one_case(seed: int) -> None:
    """One mutated answer is read, or refused by ValueError."""
    dice = random.Random(seed)
    question = Question("mx.example.test", dice.choice(list(RECORDS)), dice.randrange(65_536))
    wire = mutate(good(question, dice), dice)
    query = question.encode()
    if is_answer_to(wire, question, query) and not is_truncated(wire):
        try:
            response = read(wire, question)
        except ValueError:
            return
        assert len(response.records) <= RECORDS_MAX
        assert response.ttl >= 0
        str(response)
        assert len(complaint(parse(wire))) <= 200
    name = "".join(dice.choice('ab.-\\0123[]"@ \x00\u00e9') for _ in range(dice.randrange(80)))
    try:
        parse_name(name)
    except BadName:
        return
