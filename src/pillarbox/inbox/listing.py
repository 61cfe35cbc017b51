"""Which mailboxes does LIST show, and how? RFC 9051 §6.3.9 with RFC 5258, 6154 and 8440; LSUB of RFC 3501 §6.3.9."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pillarbox.store.rows import FolderRow

from . import rights
from .finding import Finding, rights_of
from .namespaces import full_name, parents
from .patterns import matcher
from .places import Place, User


@dataclass(frozen=True, slots=True)
class ListOptions:
    """What is selected and what is shown (RFC 5258 §3). ``recursive`` is RECURSIVEMATCH, ``special_use`` SPECIAL-USE.

    ``show_subscribed`` is RETURN (SUBSCRIBED); attributes of children and special uses are always shown.
    ``extended``: the client used syntax of RFC 5258, so an empty pattern has no meaning of its own.
    """

    subscribed: bool = False
    recursive: bool = False
    special_use: bool = False
    show_subscribed: bool = False
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the answer. ``place`` is None where there is no such mailbox; ``child_info`` names the selections
    that something below meets (RFC 5258 §3.5, CHILDINFO)."""

    name: str
    attributes: tuple[str, ...]
    place: Place | None = None
    child_info: tuple[str, ...] = ()

    @property
    def folder(self) -> FolderRow | None:
        """The folder, None where there is none."""
        return None if self.place is None else self.place.folder


@dataclass(slots=True)
class _Names:
    """All names that a user can see. ``nodes`` have something below but are no mailboxes themselves."""

    places: dict[str, Place]
    nodes: set[str] = field(default_factory=set)
    subscribed: frozenset[str] = frozenset()
    with_children: set[str] = field(default_factory=set)


class Listing(Finding):
    """LIST and LSUB."""

    async def list(
        self, user: User, reference: str, patterns: Sequence[str], options: ListOptions | None = None
    ) -> Sequence[Listed]:
        """The mailboxes that match one of ``patterns`` below ``reference``, by name, INBOX first."""
        options = options or ListOptions()
        if not options.extended and list(patterns) == [""]:
            # RFC 9051 §6.3.9: what the root is called and which delimiter it has.
            return [Listed("", ("\\Noselect",))]
        wanted = [matcher(reference + pattern) for pattern in patterns if pattern]
        selections = _selections(options)
        names = await self._names(user, subscriptions=options.subscribed or options.show_subscribed)
        below = _above_selected(names, options) if options.recursive else {}
        candidates = [*names.places, *names.nodes]
        if options.subscribed:
            candidates += names.subscribed
        for above in below.values():
            candidates += above
        listed = []
        for name in sorted(set(candidates), key=_by_name):
            info = tuple(selection for selection in selections if name in below.get(selection, ()))
            if (info or _selected(names, name, options)) and any(matches(name) for matches in wanted):
                listed.append(Listed(name, _attributes(names, name, options), names.places.get(name), info))
        return listed

    async def list_subscribed(self, user: User, reference: str, patterns: Sequence[str]) -> Sequence[Listed]:
        """What LSUB answers: subscribed names, and for ``%`` the names above them that are not, as \\Noselect."""
        wanted = [matcher(reference + pattern) for pattern in patterns]
        names = await self._names(user, subscriptions=True)
        listed = {name: Listed(name, (), names.places.get(name)) for name in names.subscribed}
        if any(pattern.endswith("%") for pattern in patterns):
            for name in names.subscribed:
                for above in parents(name):
                    listed.setdefault(above, Listed(above, ("\\Noselect",)))
        found = [one for name, one in listed.items() if any(matches(name) for matches in wanted)]
        return sorted(found, key=lambda one: _by_name(one.name))

    async def places(self, user: User) -> Sequence[Place]:
        """All folders that the user may look up, their own first."""
        return list((await self._names(user, subscriptions=False)).places.values())

    async def _names(self, user: User, *, subscriptions: bool) -> _Names:
        own = await self._store.folders(user.id)
        names = _Names({row.name: Place(row, user.id, user.address, row.name, row.name, rights.ALL) for row in own})
        shared = await self._store.shared_with(user.id)
        granted = await self._store.rights_in([row.id for _, row in shared]) if shared else {}
        for owner, row in shared:
            may = rights_of(granted, row, user)
            if "l" in may:
                name = full_name(owner, row.name)
                names.places[name] = Place(row, row.account_id, owner, name, row.name, may)
        if subscriptions:
            names.subscribed = frozenset(await self._store.subscriptions(user.id))
        for name in names.places:
            names.with_children.update(parents(name))
        names.nodes = names.with_children - names.places.keys()
        return names


def _by_name(name: str) -> tuple[bool, str]:
    return name != "INBOX", name


def _selections(options: ListOptions) -> list[str]:
    return [
        *(["SUBSCRIBED"] if options.subscribed else []),
        *(["SPECIAL-USE"] if options.special_use else []),
    ]


def _selected(names: _Names, name: str, options: ListOptions) -> bool:
    """Whether a name meets the selection options, patterns aside."""
    if options.subscribed and name not in names.subscribed:
        return False
    return not options.special_use or bool(_uses(names, name))


def _above_selected(names: _Names, options: ListOptions) -> Mapping[str, set[str]]:
    """By selection option, the names above those that meet all of them."""
    meeting: Iterable[str] = names.subscribed if options.subscribed else names.places
    above = {up for name in meeting if _selected(names, name, options) for up in parents(name)}
    return dict.fromkeys(_selections(options), above)


def _attributes(names: _Names, name: str, options: ListOptions) -> tuple[str, ...]:
    place = names.places.get(name)
    attributes = [] if place is not None else ["\\NonExistent"]
    if place is None and name in names.nodes and not options.extended:
        attributes.append("\\Noselect")  # for those who do not know what the other one implies
    attributes.append("\\HasChildren" if name in names.with_children else "\\HasNoChildren")
    if name in names.subscribed and (options.subscribed or options.show_subscribed):
        attributes.append("\\Subscribed")
    return (*attributes, *_uses(names, name))


def _uses(names: _Names, name: str) -> list[str]:
    """Special uses are the owner's: another user has folders of their own for them (RFC 6154 §2)."""
    place = names.places.get(name)
    if place is None or place.folder is None or place.name != place.local:
        return []
    return (place.folder.special_use or "").split()
