"""Whose folder does a name mean? Names of one's own stand alone, others' stand below "Other Users/". RFC 2342."""

from typing import NamedTuple

from pillarbox.mail.address import Address, AddressError

from .folders import DELIMITER, RESERVED, FolderNameError, folder_name

OTHERS_PREFIX = RESERVED + DELIMITER


class Namespace(NamedTuple):
    """A part of the tree: what its names begin with, and what stands between levels."""

    prefix: str
    delimiter: str


class Namespaces(NamedTuple):
    """The three kinds of RFC 2342 §5."""

    personal: tuple[Namespace, ...]
    others: tuple[Namespace, ...]
    shared: tuple[Namespace, ...]


NAMESPACES = Namespaces((Namespace("", DELIMITER),), (Namespace(OTHERS_PREFIX, DELIMITER),), ())


class Where(NamedTuple):
    """``owner`` is an address, "" for the user's own; ``local`` is the name in the owner's tree."""

    owner: str
    local: str


def where(name: str) -> Where:
    """Whose folder ``name`` means; FolderNameError when it can be nobody's."""
    name = name.rstrip(DELIMITER)
    if name.startswith(OTHERS_PREFIX):
        return _of_other(name[len(OTHERS_PREFIX) :])
    return Where("", folder_name(name))


def _of_other(name: str) -> Where:
    # A delimiter may stand in an address, but only before its @.
    end = name.find(DELIMITER, name.find("@") + 1)
    try:
        return Where(Address.parse(name[: max(end, 0)]).key, folder_name(name[end + 1 :]))
    except AddressError as error:
        raise FolderNameError(
            f"below {OTHERS_PREFIX} stand an address, a {DELIMITER} and the name of a folder"
        ) from error


def full_name(owner: str, local: str) -> str:
    """The name of another user's folder."""
    return f"{OTHERS_PREFIX}{owner}{DELIMITER}{local}"


def parents(name: str) -> list[str]:
    """The names above ``name``, the highest first."""
    levels = name.split(DELIMITER)
    return [DELIMITER.join(levels[:depth]) for depth in range(1, len(levels))]
