"""Which TLSA records count for a mail host? Those of signed DNS, by the rules for aliases. RFC 7672 §2.2."""

from pillarbox.net.dns import Address, Answer, Resolver

from .dane import Dane

MOST = 32  # records of one host that are looked at


async def find(resolver: Resolver, answer: Answer[Address], port: int, domain: str) -> Dane | None:
    """What the host whose addresses are ``answer`` publishes for ``port``; None when nothing that is secure.

    ``domain`` is where the mail goes. DnsTemporary: nobody could say, or somebody meddled with it, and the host must
    not be used (§2.1.2).
    """
    for base in await _bases(resolver, answer):
        tlsa = await resolver.tlsa(f"_{port}._tcp.{base}")
        if tlsa.authenticated and tlsa.records:
            return Dane(base, tuple(dict.fromkeys((base, domain))), tlsa.records[:MOST])
    return None


async def _bases(resolver: Resolver, answer: Answer[Address]) -> list[str]:
    """The names that may have TLSA records, the best first (§2.2.2). Without secure addresses nobody is asked: a zone
    that is not signed has none that count, and some servers choke on the question (§2.1.3)."""
    if answer.authenticated:
        return list(dict.fromkeys((answer.canonical or answer.name, answer.name)))
    if not answer.canonical or answer.canonical == answer.name:
        return []
    # The alias leads into a zone that is not signed, but may itself stand in one that is.
    alias = await resolver.alias(answer.name)
    return [answer.name] if alias.authenticated and alias.records else []
