"""What does one check of a domain say? What is, what should be, and how to mend it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from pillarbox.net.dns import DnsBogus, DnsTemporary


@dataclass(frozen=True, slots=True)
class Finding:
    """``ok`` None: it could not be looked at, or is a matter of taste. ``should`` and ``cure`` may be empty when all
    is well."""

    check: str
    ok: bool | None
    found: str
    should: str = ""
    cure: str = ""


Checking: TypeAlias = Callable[[], Awaitable[Sequence[Finding]]]


async def told(check: str, look: Checking) -> list[Finding]:
    """The findings of ``look``; that DNS did not answer is one too."""
    try:
        return list(await look())
    except DnsBogus as error:
        cure = "sign the zone anew, or take the DS record out of the zone above until that is done"
        return [Finding(check, False, f"DNSSEC says that the answer is forged: {error}", "valid signatures", cure)]
    except DnsTemporary as error:
        return [Finding(check, None, f"nobody could say: {error}", "", "try again; are the domain's name servers up?")]
