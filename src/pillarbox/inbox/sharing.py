"""Who else may use a folder, and who says so? RFC 4314 §3."""

from typing import NamedTuple

from pillarbox.mail.address import Address, AddressError

from . import rights
from .finding import Finding, missing
from .places import Place, TreeError, User


class RightsGiven(NamedTuple):
    """The rights in a folder by identifier, as they are shown; the owner first."""

    place: Place
    rights: tuple[tuple[str, str], ...]


class RightsToGive(NamedTuple):
    """What an identifier always has, and what it can be given besides, each right by itself (RFC 4314 §3.7)."""

    place: Place
    identifier: str
    always: str
    optional: tuple[str, ...]


class Sharing(Finding):
    """SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS."""

    async def rights(self, user: User, name: str) -> RightsGiven:
        """GETACL."""
        place, folder = await self.need(user, name, "a")
        granted = await self._store.rights(folder.id)
        given = [(place.owner, rights.shown(rights.ALL))]
        given += [(identifier, rights.shown(letters)) for identifier, letters in granted.items()]
        return RightsGiven(place, tuple(given))

    async def my_rights(self, user: User, name: str) -> tuple[Place, str]:
        """MYRIGHTS, for whoever has any of the rights that RFC 4314 §4 names."""
        place = await self.find(user, name)
        if place.folder is None or not set("lrikxa") & set(place.rights):
            raise missing(name)
        return place, rights.shown(place.rights)

    async def rights_to_give(self, user: User, name: str, identifier: str) -> RightsToGive:
        """LISTRIGHTS."""
        place, _ = await self.need(user, name, "a")
        _, who = await self._who(place, identifier)
        if who == place.owner:
            return RightsToGive(place, identifier, rights.shown(rights.ALL), ())
        return RightsToGive(place, identifier, "", (*rights.ALL, "c", "d"))

    async def set_rights(self, user: User, name: str, identifier: str, letters: str | None, mode: str = "") -> Place:
        """SETACL: ``mode`` "+" adds ``letters``, "-" takes them, "" replaces; DELETEACL: ``letters`` None.

        TreeError: NONEXISTENT, NOPERM, CANNOT (the owner's rights), LIMIT; ``bad`` for rights that there are not.
        """
        try:
            wanted = rights.parse(letters or "")
        except rights.RightsError as error:
            raise TreeError("", f"That is no right: {error}", bad=True) from error
        place, folder = await self.need(user, name, "a")
        sign, who = await self._who(place, identifier)
        if who == place.owner:
            return self._keep_owners(place, wanted if letters is not None and not sign and mode != "-" else None)
        key = sign + who
        granted = await self._store.rights(folder.id)
        if mode == "+":
            wanted = rights.added(granted.get(key, ""), wanted)
        elif mode == "-":
            wanted = rights.without(granted.get(key, ""), wanted)
        if key not in granted and len(granted) >= self._settings.identifiers:
            raise TreeError("LIMIT", f"At most {self._settings.identifiers} can be given rights in one mailbox")
        # RFC 4314 §3.1: without any right an identifier is not listed any more.
        await self._store.set_rights(folder.id, key, wanted or None)
        return place

    @staticmethod
    def _keep_owners(place: Place, wanted: str | None) -> Place:
        """The owner has all rights, whatever is asked for; asking for just that is granted."""
        if wanted != rights.ALL:
            raise TreeError("CANNOT", "The owner always has all rights")
        return place

    async def _who(self, place: Place, identifier: str) -> tuple[str, str]:
        """The sign, "-" for rights that are taken away, and whom an identifier means: an address of ours or anyone.

        A name without a domain is one of the owner's domain.
        """
        sign, name = ("-", identifier[1:]) if identifier.startswith("-") else ("", identifier)
        if name.lower() == rights.ANYONE:
            return sign, rights.ANYONE
        try:
            key = Address.parse(name if "@" in name else f"{name}@{place.owner.rpartition('@')[2]}").key
        except AddressError as error:
            raise TreeError("CANNOT", f"{identifier} is neither a user nor {rights.ANYONE}") from error
        if await self._store.account(key) is None:
            raise TreeError("CANNOT", f"There is no user {name}")
        return sign, key
