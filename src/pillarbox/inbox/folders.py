"""What may a folder be called, and which folders have a special use? RFC 9051 §5.1, RFC 6154."""

import unicodedata

INBOX = "INBOX"
DELIMITER = "/"
NAME_MAX = 255  # octets of a whole name
LEVELS_MAX = 20  # folders inside folders
RESERVED = "Other Users"  # where others' folders stand (inbox.namespaces)

# What mail programs and servers call the folders of a special use (RFC 6154 §2), in lower case.
_USES = {
    "\\Drafts": {"drafts", "draft"},
    "\\Sent": {"sent", "sent mail", "sent items", "sent messages", "sent-mail"},
    "\\Archive": {"archive", "archives"},
    "\\Junk": {"junk", "spam", "junk e-mail", "junk email", "bulk mail"},
    "\\Trash": {"trash", "deleted items", "deleted messages", "bin"},
}
_USE_OF = {name: use for use, names in _USES.items() for name in names}


class FolderNameError(ValueError):
    """No folder can be called so; ``str(error)`` says why in words a person can use."""


def folder_name(text: str) -> str:
    """The name in the one spelling under which folders are kept; FolderNameError when there is none.

    INBOX is the same in any case (RFC 9051 §5.1), also above others; all else keeps its case and is Unicode NFC.
    """
    name = unicodedata.normalize("NFC", text.strip(DELIMITER))
    first, delimiter, rest = name.partition(DELIMITER)
    if first.upper() == INBOX:
        name = INBOX + delimiter + rest
    if first == RESERVED:
        raise FolderNameError(f"below {RESERVED} stand the folders of other users")
    if not name or len(name.encode("utf-8", "surrogatepass")) > NAME_MAX:
        raise FolderNameError(f"the name of a folder has 1 to {NAME_MAX} octets")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in name):
        raise FolderNameError("the name of a folder holds no control characters and no line ends")
    if any(character in name for character in "*%"):
        raise FolderNameError("* and % stand for many folders and cannot be in the name of one")
    levels = name.split(DELIMITER)
    if not all(levels) or len(levels) > LEVELS_MAX:
        raise FolderNameError(f"between two {DELIMITER} stands a name, and there are at most {LEVELS_MAX} levels")
    return name


def special_use(name: str) -> str | None:
    """The special use that a folder of this name is likely to have; None for any other folder."""
    return _USE_OF.get(name.casefold())
