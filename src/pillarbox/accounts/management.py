"""How are domains, users and aliases added and changed? Every check that keeps the directory sound is made here.

An error a person sees has three parts: what is wrong, why, and what to do.
"""




# RFC 6154 §2: the folders of a new account with their special use.
NEW_ACCOUNT_FOLDERS: tuple[tuple[str, str | None], ...] = (
    ("INBOX", None),
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Archive", "\\Archive"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
)


class ManagementError(Exception):
    """The change cannot be made: ``what`` is wrong, ``why``, and what ``todo``; ``str(error)`` has all three."""

    def __init__(self, what: str, why: str, todo: str) -> None:
        super().__init__(f"{what}: {why}. {todo}.")
        self.what = what
        self.why = why
        self.todo = todo


class Management:
    """Changes the directory. Addresses and domains are taken as people write them."""
