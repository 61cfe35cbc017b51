"""Under which name was a domain registered? The public suffix list, where the tree walk of DMARC finds nothing.

RFC 9989 §4.10 asks DNS; RFC 7489 §3.2 asked this list. The list knows organisations that publish no DMARC at all.
"""

import re
from functools import lru_cache
from typing import Protocol

from pillarbox.mail.address import AddressError, to_ascii

NAME_MAX = 253
# RFC 1035 §2.3.1, and the underscore that names of hosts do carry.
_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\Z")


class Suffixes(Protocol):
    """A public suffix list, such as ``publicsuffixlist.PublicSuffixList()``; reading it in is the caller's work."""

    def privatesuffix(self, domain: str) -> str | None:
        """The registered name at the end of ``domain`` (lower-case A-labels); None for a public suffix or no name."""


def registered(domain: str, suffixes: Suffixes) -> str | None:
    """The organisation's domain as lower-case A-labels; None where the list knows of none, as for ``co.uk``."""
    name = canonical(domain)
    return suffixes.privatesuffix(name) if name is not None else None


@lru_cache(maxsize=2048)
def canonical(domain: str) -> str | None:
    """``domain`` as DMARC compares it: lower-case A-labels without a last dot (RFC 9989 §5.3.1); None for no name."""
    try:
        name = to_ascii(domain.strip().removesuffix("."))
    except AddressError:
        return None
    return name if len(name) <= NAME_MAX and _NAME.match(name) else None
