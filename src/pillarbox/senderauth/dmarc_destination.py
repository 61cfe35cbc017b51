"""May reports about a domain go to this address? RFC 9990 §4: one outside of the organisation must have agreed.

Else anybody could have a stranger buried under reports.
"""

from dataclasses import dataclass

from .asking import Check, Kind, Question, Status
from .dmarc_record import Destination, Record, parse
from .dmarc_walk import Walker
from .organisation import NAME_MAX, Suffixes, canonical


@dataclass(frozen=True, slots=True)
class Permission:
    """``destinations``: where to send instead of the one asked about; none where it is refused.

    ``again``: DNS was silent, ask later. ``reason`` is for people.
    """

    destinations: tuple[Destination, ...]
    reason: str
    again: bool = False


def permission(policy_domain: str, wanted: Destination, suffixes: Suffixes | None = None) -> Check[Permission]:
    """Whether reports for the record at ``policy_domain`` may go to ``wanted``."""
    host, domain = canonical(wanted.address.domain), canonical(policy_domain)
    if host is None or domain is None:
        return Permission((), f"{wanted.address.domain} is no domain that reports can go to")
    walker = Walker(suffixes)
    own = yield from walker.walk(domain)
    other = yield from walker.walk(host)
    if host == domain or (own.organisation == other.organisation and own.failed is None and other.failed is None):
        return Permission((wanted,), f"{host} and {domain} belong together")
    name = f"{domain}._report._dmarc.{host}"
    if len(name) > NAME_MAX:  # §4, step 4
        return Permission((), f"the name under which {host} would agree is too long for DNS")
    [answer] = yield [Question(Kind.TXT, name)]
    if answer.status is Status.FAILED:
        return Permission((), f"{name} could not be looked up: {answer.reason or 'DNS gave no answer'}", again=True)
    texts = [text for text in answer.records if isinstance(text, bytes)]
    records = [record for record in map(parse, texts) if record is not None]
    if not records:
        return Permission((), f"{host} does not say at {name} that it takes reports about {domain}")
    return _agreed(records, wanted, host, domain)


def _agreed(records: list[Record], wanted: Destination, host: str, domain: str) -> Permission:
    """§4, steps 8 and 9: the receiver may name another address, but only on its own host."""
    others = [one for record in records for one in record.rua]
    if not others:
        return Permission((wanted,), f"{host} takes reports about {domain}")
    if any(canonical(one.address.domain) != host for one in others):
        return Permission((), f"{host} sends reports about {domain} on to somebody else, which nobody may")
    return Permission(tuple(dict.fromkeys(others)), f"{host} takes reports about {domain}, at an address of its choice")

