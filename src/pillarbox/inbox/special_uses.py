"""Which special uses may a folder have? RFC 6154, RFC 8457, RFC 9979."""

from collections.abc import Sequence

# Spelled as they are registered. \All and \Flagged would be views of other folders, which there are none of.
USES = (
    "\\Archive", "\\Drafts", "\\Junk", "\\Sent", "\\Trash",  # RFC 6154 §2
    "\\Important",  # RFC 8457 §3
    "\\Memos", "\\Scheduled", "\\Snoozed",  # RFC 9979
)  # fmt: skip
_SPELLED = {use.lower(): use for use in USES}


class UseError(ValueError):
    """A folder cannot have this use; ``str(error)`` says which."""


def joined(uses: Sequence[str]) -> str | None:
    """Uses as a folder keeps them; None for none. UseError when there is no such use."""
    found: dict[str, None] = {}
    for use in uses:
        spelled = _SPELLED.get(use.lower())
        if spelled is None:
            raise UseError(f"a folder cannot have the special use {use}")
        found[spelled] = None
    return " ".join(found) or None
