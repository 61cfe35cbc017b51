"""What can the remote server do? The keywords of its EHLO reply. RFC 5321 §4.1.1.1."""

from dataclasses import dataclass

from pillarbox.mail.reply import Reply


@dataclass(frozen=True, slots=True)
class Offers:
    """What a remote announced. ``size`` None: it told no bound (RFC 1870 §3). ``name``: how it calls itself.

    ``recipients``, ``messages`` and ``domains`` are RCPTMAX, MAILMAX and RCPTDOMAINMAX of RFC 9422, None without bound.
    """

    name: str = ""
    size: int | None = None
    takes_size: bool = False  # RFC 1870
    pipelining: bool = False  # RFC 2920
    eight_bit: bool = False  # RFC 6152
    binary: bool = False  # RFC 3030 §3
    chunking: bool = False  # RFC 3030 §2
    smtputf8: bool = False  # RFC 6531
    dsn: bool = False  # RFC 3461
    starttls: bool = False  # RFC 3207
    requiretls: bool = False  # RFC 8689
    auth: tuple[str, ...] = ()  # RFC 4954
    recipients: int | None = None
    messages: int | None = None
    domains: int | None = None

    @classmethod
    def read(cls, reply: Reply) -> "Offers":
        """The offers in a positive reply to EHLO or LHLO; what cannot be read counts as not offered."""
        words = _keywords(reply)
        limits = _limits(words.get("LIMITS", ()))
        size = _number(words.get("SIZE", ("",))[0]) if words.get("SIZE") else None
        return cls(
            name=_first_word(reply),
            size=size or None,  # RFC 1870 §3: 0 means that no bound is in force
            takes_size="SIZE" in words,
            pipelining="PIPELINING" in words,
            eight_bit="8BITMIME" in words,
            binary="BINARYMIME" in words and "CHUNKING" in words,
            chunking="CHUNKING" in words,
            smtputf8="SMTPUTF8" in words,
            dsn="DSN" in words,
            starttls="STARTTLS" in words,
            requiretls="REQUIRETLS" in words,
            auth=words.get("AUTH", ()),
            recipients=limits.get("RCPTMAX"),
            messages=limits.get("MAILMAX"),
            domains=limits.get("RCPTDOMAINMAX"),
        )


def _first_word(reply: Reply) -> str:
    words = reply.lines[0].split(None, 1)
    return words[0] if words else ""


def _keywords(reply: Reply) -> dict[str, tuple[str, ...]]:
    """Keyword to parameters, in capitals. AUTH may stand twice, once as ``AUTH=LOGIN`` for old Outlook."""
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines[1:]:
        words = line.upper().replace("AUTH=", "AUTH ", 1).split()
        if words:
            found[words[0]] = found.get(words[0], ()) + tuple(words[1:])
    return found


def _limits(words: tuple[str, ...]) -> dict[str, int]:
    """RFC 9422 §4: limits are name=value with a positive number; others are passed over."""
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        number = _number(value)
        if number:
            found[name] = number
    return found


def _number(text: str) -> int | None:
    """RFC 1870 §3: size-value ::= 1*20DIGIT."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else None
