"""Where does this recipient go: to one of our mailboxes, on to another server, or nowhere? RFC 5321 §3.5, §4.5.1.

Aliases are followed to their ends here, so that what is stored are final recipients. Answers are kept for a second,
so that a burst of mail to one mailbox asks the store once.
"""

import asyncio

from pillarbox.mail.address import Address
from pillarbox.net.clock import Clock
from pillarbox.store.rows import DomainRow

from .expansion import Expansion
from .forwarding import Forwarding
from .routed import LocalTarget, RecipientSettings, RecipientStore, Routed

__all__ = ["LocalTarget", "RecipientSettings", "RecipientStore", "Recipients", "Routed"]


class Recipients:
    """Resolves recipients and remembers the answers for ``directory_cache`` seconds."""

    def __init__(
        self,
        store: RecipientStore,
        clock: Clock,
        settings: RecipientSettings | None = None,
        forwarding: Forwarding | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or RecipientSettings()
        self._forwarding = forwarding
        self._known: dict[Address, tuple[float, Routed]] = {}
        self._asking: dict[Address, asyncio.Future[Routed]] = {}
        self._domains: dict[str, DomainRow] = {}
        self._domains_until = 0.0

    def known(self, address: Address) -> Routed | None:
        """The answer where it is fresh, without waiting; else None."""
        entry = self._known.get(address)
        return entry[1] if entry is not None and entry[0] > self._clock.monotonic() else None

    async def resolve(self, address: Address) -> Routed:
        """Where mail for ``address`` goes. StoreError when the directory cannot be read."""
        known = self.known(address)
        if known is not None:
            return known
        asking = self._asking.get(address)
        if asking is None:
            asking = self._asking[address] = asyncio.ensure_future(self._ask(address))
            asking.add_done_callback(lambda done: self._asked(address, done))
        # One question for all who wait; one of them hanging up does not take the answer from the others.
        return await asyncio.shield(asking)

    def reverse_path(self, sender: Address, recipient: Address, message_id: str) -> str | None:
        """In whose name what ``sender`` sent to ``recipient``, one of ours, is sent on as ``message_id``; None: in the
        sender's."""
        if self._forwarding is None or self._is_ours(sender.ascii_domain):
            return None  # SPF of our own domains names us
        via = recipient.ascii_domain
        return self._forwarding.rewrite(sender, via if via in self._domains else self._settings.hostname, message_id)

    def _is_ours(self, domain: str) -> bool:
        return domain in self._domains or domain == self._settings.hostname.lower()

    def clear(self) -> None:
        """Forget every answer: the directory has changed."""
        self._known.clear()
        self._domains = {}
        self._domains_until = 0.0

    async def _ask(self, address: Address) -> Routed:
        now = self._clock.monotonic()
        if now >= self._domains_until:
            self._domains = {row.name: row for row in await self._store.domains()}
            self._domains_until = now + self._settings.directory_cache
        routed = await Expansion(self._store, self._settings, self._domains, self._forwarding).of(address)
        self._known.pop(address, None)
        while len(self._known) >= self._settings.directory_cache_entries:
            del self._known[next(iter(self._known))]
        self._known[address] = (now + self._settings.directory_cache, routed)
        return routed

    def _asked(self, address: Address, done: "asyncio.Future[Routed]") -> None:
        self._asking.pop(address, None)
        if not done.cancelled():
            done.exception()  # those who wait are told; nobody else needs to be
