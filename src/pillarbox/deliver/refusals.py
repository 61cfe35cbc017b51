"""With which words does delivery give up a destination that it cannot or must not ask? RFC 3463 §3.5, RFC 7504."""

from pillarbox.mail.reply import Reply
from pillarbox.net.dns import DnsTemporary

from .outcome import Failure

# RFC 3463 §3.5: X.4.6, routing loop.
LOOP = "5.4.6"


def null_mx(domain: str) -> Failure:
    """RFC 7505 §3: the domain says that it takes no mail; RFC 7504 gives the code."""
    return Failure(Reply(556, "5.1.10", (f"{domain} says in DNS (null MX) that it takes no mail",)))


def no_such_domain(domain: str) -> Failure:
    """RFC 3463 §3.2: X.1.2, bad destination system address."""
    return Failure(Reply(550, "5.1.2", (f"there is no domain {domain} in DNS",)))


def no_address(host: str) -> Failure:
    """RFC 3463 §3.5: X.4.4, unable to route."""
    return Failure(Reply(550, "5.4.4", (f"{host}, where the mail should go, has no address in DNS",)))


def dns_trouble(error: DnsTemporary) -> Failure:
    """RFC 3463 §3.5: X.4.3, directory server failure."""
    return Failure(Reply(451, "4.4.3", (f"DNS gave no answer: {error}",)))


def not_in_policy(domain: str, host: str) -> Failure:
    """RFC 8461 §5: no mail to a host that the policy does not name; it waits, for policies and MX records change."""
    return Failure(Reply(451, "4.7.5", (f"the MTA-STS policy of {domain} does not name its mail host {host}",)))


def loops_back(domain: str) -> Failure:
    """RFC 5321 §5.1: it must be treated as an error."""
    text = f"the mail for {domain} loops back to us: its best mail host is this server, which does not know the domain"
    return Failure(Reply(554, LOOP, (text,)))


def forbidden_target(domain: str) -> Failure:
    """A domain whose mail hosts are only loopback or no addresses at all (0.0.0.0): mail for it would come to us."""
    return Failure(Reply(550, "5.4.4", (f"the mail hosts of {domain} have only addresses that are no mail host's",)))
