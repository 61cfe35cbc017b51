"""How does the control channel tell how safe the way to a domain is, and forget what a host once was?"""

from dataclasses import dataclass

from pillarbox.deliver.deliverer import Deliverer
from pillarbox.deliver.outlook import Outlook
from pillarbox.store.interface import Transport

from .control import Json, Request


@dataclass(frozen=True, slots=True)
class WayOrder:
    """The command ``safety``: field ``domain``; with ``forget``, it no longer counts that its hosts spoke TLS."""

    deliverer: Deliverer
    store: Transport

    async def __call__(self, request: Request) -> Json:
        """The answer to the request."""
        domain = str(request.fields.get("domain", ""))
        outlook = await self.deliverer.outlook(domain)
        if request.fields.get("forget"):
            for host in outlook.hosts:
                await self.store.forget_tls_seen(host.host)
                self.deliverer.memory.forget(host.host)
            outlook = await self.deliverer.outlook(domain)
        return as_json(outlook)


def as_json(outlook: Outlook) -> Json:
    """The outlook in the words of JSON; times are POSIX seconds."""
    sts = outlook.sts
    return {
        "domain": outlook.domain,
        "mail_hosts_signed": outlook.is_signed,
        "mta_sts": None if sts is None else {"mode": sts.mode.value, "mx": list(sts.mx), "max_age": sts.max_age},
        "hosts": [
            {
                "host": one.host,
                "level": one.level.value,
                "why": one.words,
                "tlsa": one.records,
                "tls_seen": one.tls_seen,
            }
            for one in outlook.hosts
        ],
        "trouble": outlook.trouble,
    }
