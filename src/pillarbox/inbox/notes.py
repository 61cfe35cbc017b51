"""What is noted on mailboxes and on the server, for one user or for all? RFC 5464, special uses RFC 6154 §4."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .finding import Finding
from .places import Place, TreeError, User
from .special_uses import UseError, joined

_SHARED = "/shared/"
# RFC 5464 §4.1: no wildcards, no control characters, no empty level; below /private or /shared.
_NAME = re.compile(r"/(?:private|shared)((?:/[^\x00-\x1f\x7f*%/\x80-\U0010ffff]+)*)")
_NAME_MAX = 255
# What a mailbox is used for is a note of its owner, kept with the folder itself.
_USE = "/private/specialuse"


class NotesFound(NamedTuple):
    """Values by name, None for a name that was asked for and has none; ``longest`` is the octets of the largest value
    that was left out for its size (RFC 5464 §4.2.1), None when none was. ``place`` is None for the server's."""

    place: Place | None
    values: dict[str, bytes | None]
    longest: int | None = None


class Notes(Finding):
    """GETMETADATA and SETMETADATA; a mailbox of "" is the server."""

    async def notes(
        self, user: User, mailbox: str, names: Sequence[str], depth: int | None = 0, max_size: int | None = None
    ) -> NotesFound:
        """The notes called ``names``, and those at most ``depth`` levels below them (None: all of them).

        TreeError: NONEXISTENT, NOPERM; ``bad`` for a name that cannot be one.
        """
        wanted = [_name(name, root=True) for name in names]
        place, folder_id = await self._noted(user, mailbox, "lr")
        kept = await self._store.notes(user.id, folder_id)
        if place is not None and place.folder is not None and place.folder.special_use and self._is_own(user, place):
            kept[_USE] = place.folder.special_use.encode()
        found: dict[str, bytes | None] = {}
        for name in wanted:
            found[name] = kept.get(name)
            if depth != 0:
                found.update({key: value for key, value in kept.items() if _below(key, name, depth)})
                if found[name] is None:
                    del found[name]
        too_long = [len(value) for value in found.values() if value and max_size is not None and len(value) > max_size]
        shown = {name: value for name, value in found.items() if max_size is None or len(value or b"") <= max_size}
        return NotesFound(place, shown, max(too_long, default=None))

    async def set_notes(self, user: User, mailbox: str, values: Mapping[str, bytes | None]) -> Place | None:
        """Keep notes; None removes one. Where they are kept, None for the server.

        TreeError: NONEXISTENT, NOPERM, "METADATA MAXSIZE n", "METADATA TOOMANY"; ``bad`` for what is no name.
        """
        wanted = {_name(name): value for name, value in values.items()}
        shared = any(name.startswith(_SHARED) for name in wanted)
        if shared and not mailbox:
            raise TreeError("NOPERM", "Only the administrator notes something on the server for all")
        # RFC 5464 §3.3 with RFC 4314: what all see is changed by those who may write.
        place, folder_id = await self._noted(user, mailbox, "lrw" if shared else "lr")
        limit = self._settings.note_octets
        if any(value is not None and len(value) > limit for value in wanted.values()):
            raise TreeError(f"METADATA MAXSIZE {limit}", f"A value has at most {limit} octets")
        kept = await self._store.notes(user.id, folder_id)
        then = {**dict.fromkeys(kept, True), **{name: value is not None for name, value in wanted.items()}}
        if sum(then.values()) > max(self._settings.notes, len(kept)):
            raise TreeError("METADATA TOOMANY", f"There are at most {self._settings.notes} notes on a mailbox")
        if _USE in wanted:
            await self._set_use(user, place, wanted.pop(_USE))
        await self._store.set_notes(user.id, folder_id, wanted)
        return place

    async def _set_use(self, user: User, place: Place | None, value: bytes | None) -> None:
        """RFC 6154 §4: the value is a list of special uses."""
        if place is None or place.folder is None or not self._is_own(user, place):
            raise TreeError("NOPERM", "Only the owner of a mailbox says what it is used for")
        try:
            uses = joined((value or b"").decode("ascii", "replace").split())
        except UseError as error:
            raise TreeError("USEATTR", f"That cannot be: {error}") from error
        await self._store.set_special_use(place.folder.id, uses)

    async def _noted(self, user: User, mailbox: str, wanted: str) -> tuple[Place | None, int]:
        if not mailbox:
            return None, 0
        place, folder = await self.need(user, mailbox, wanted)
        return place, folder.id


def _name(name: str, *, root: bool = False) -> str:
    """Names are compared without case (RFC 5464 §3.1). ``root``: what all of them lie below is meant too."""
    found = _NAME.fullmatch(name.lower())
    if found is None or not (found[1] or root) or len(name) > _NAME_MAX:
        raise TreeError("", "That is no name of an entry", bad=True)
    return name.lower()


def _below(key: str, name: str, depth: int | None) -> bool:
    if not key.startswith(name + "/"):
        return False
    return depth is None or key.count("/") - name.count("/") <= depth
