"""Who answers the DNS questions of a peer that may be told a port? A thread, from a zone that a test can add to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from peers.process import Endpoint
from pillarbox.senderauth.asking import Kind, Question, Record, Status
from pillarbox.senderauth.dkim import zone_text
from senderauth.zone import Zone

LOOPBACK = "127.0.0.1"
TTL = 3600
RCODES = {Status.NO_NAME: dns.rcode.NXDOMAIN, Status.FAILED: dns.rcode.SERVFAIL}


@contextmanager
def serving(zone: Zone) -> Iterator[Endpoint]:
    """Where ``zone`` is served (UDP only), until the block ends. Everything else does not exist."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK, 0))
        thread = threading.Thread(target=_serve, args=(sock, zone))
        thread.start()
        try:
            yield sock.getsockname()
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", sock.getsockname())
            thread.join()


def _serve(sock: socket.socket, zone: Zone) -> None:
    while True:
        query, peer = sock.recvfrom(4096)
        if not query:
            return
        sock.sendto(_reply(dns.message.from_wire(query), zone).to_wire(), peer)


def _reply(query: dns.message.Message, zone: Zone) -> dns.message.Message:
    reply = dns.message.make_response(query, recursion_available=True)
    asked = query.question[0]
    kind = dns.rdatatype.to_text(asked.rdtype)
    if kind not in Kind.__members__:
        return reply
    answer = zone.answer(Question(Kind[kind], asked.name.to_text(omit_final_dot=True)))
    reply.set_rcode(RCODES.get(answer.status, dns.rcode.NOERROR))
    if answer.records:
        rows = [_text(record) for record in answer.records]
        reply.answer.append(dns.rrset.from_text(asked.name, TTL, "IN", kind, *rows))
    elif answer.status is not Status.FAILED:
        # RFC 2308 §5: without it nobody remembers that there is nothing.
        reply.authority.append(dns.rrset.from_text(".", TTL, "IN", "SOA", f". . 1 3600 600 86400 {TTL}"))
    return reply


def _text(record: Record) -> str:
    """``record`` as a zone file has it."""
    match record:
        case bytes():
            return zone_text(record.decode("ascii"))
        case (preference, host):
            return f"{preference} {host}."
        case str():
            return f"{record}."
        case _:
            return str(record)
