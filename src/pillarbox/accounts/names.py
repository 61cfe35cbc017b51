"""May this be the name of a domain, a user or an alias of ours? And if not: what is wrong, why, and what to do."""

from pillarbox.mail.address import Address, AddressError, parse_domain, to_ascii

# RFC 5321 §4.5.5, RFC 3834: reports come from this name, and nobody may pass for it.
RESERVED = frozenset({"mailer-daemon"})
# The signs that may part a user's name from a tag (RFC 5233 leaves the choice to us).
DELIMITERS = frozenset({"", "+", "-", "_", "=", "#"})


class ManagementError(Exception):
    """The change cannot be made: ``what`` is wrong, ``why``, and what ``todo``; ``str(error)`` has all three."""

    def __init__(self, what: str, why: str, todo: str) -> None:
        super().__init__(f"{what}: {why}. {todo}.")
        self.what = what
        self.why = why
        self.todo = todo


def read_domain(text: str) -> str:
    """A domain name as A-labels; ManagementError when it cannot be one of ours."""
    try:
        name = to_ascii(parse_domain(text.strip().rstrip(".")))
    except AddressError as error:
        raise ManagementError(f"{text!r} is no domain", str(error), "Write it like example.org") from error
    if name.startswith("["):
        raise ManagementError(
            f"{text!r} is no domain", "it is an IP address, and mail to it is the postmaster's", "Write a name"
        )
    return name


def read_address(text: str) -> Address:
    """An address as people write it, with a domain; ManagementError when it is none."""
    try:
        address = Address.parse(text.strip())
    except AddressError as error:
        raise ManagementError(f"{text!r} is no address", str(error), "Write it like ann@example.org") from error
    if not address.domain:
        raise ManagementError(f"{text!r} has no domain", "it belongs to every domain", "Write it like ann@example.org")
    return address


def check_user(address: Address, delimiter: str) -> None:
    """ManagementError when no user may have this address in a domain whose tags begin with ``delimiter``."""
    if any(character.isspace() or character in '"(),:;<>@[]\\' for character in address.local):
        raise ManagementError(
            f"{address} cannot be a user",
            "a name with spaces or quotes is refused by most mail programs",
            "Choose a name of letters, digits, dots and hyphens",
        )
    if delimiter and delimiter in address.local:
        raise ManagementError(
            f"{address} cannot be a user",
            f"what follows {delimiter!r} is a tag that users of this domain choose themselves",
            f"Choose a name without {delimiter!r}, or change the sign with: pillarbox domain set",
        )
    if address.local.casefold() in RESERVED:
        raise ManagementError(
            f"{address} cannot be a user", "reports of the mail system come from that name", "Choose another name"
        )


def check_delimiter(delimiter: str) -> None:
    """ManagementError when tags cannot begin with ``delimiter``."""
    if delimiter not in DELIMITERS:
        signs = " ".join(sorted(DELIMITERS - {""}))
        raise ManagementError(
            f"{delimiter!r} cannot begin a tag", f"it must be one of {signs}", "Or give none for no tags"
        )


def check_quota(quota: int | None, unit: str) -> None:
    """ManagementError when a quota is below zero."""
    if quota is not None and quota < 0:
        raise ManagementError(f"a quota of {quota} {unit} cannot be", "it is below zero", "Leave it out for no bound")
