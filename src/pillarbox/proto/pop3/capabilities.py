"""What does CAPA announce? RFC 2449 §6, and the capabilities of RFC 2595, 3206, 5034 and 6856.

The list is the same before and after signing in ("announced states: both", RFC 2449 §6); only TLS changes it.
"""

from collections.abc import Iterator

from .settings import ServerSettings

# RFC 6856 §3: BCP 47 tag and the language's own name. i-default is the language before LANG (RFC 2277 §4.5).
LANGUAGES = (("en", "English"), ("i-default", "Default language"))
_WANTED = {"*": "en", "en": "en", "i-default": "i-default"}


def capabilities(settings: ServerSettings) -> Iterator[str]:
    """The lines of CAPA's answer."""
    yield from ("TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING")
    # RFC 6856 §2.2: with USER, names and passwords may be UTF-8 also when the UTF8 command was not given.
    yield from ("UTF8 USER", "LANG")
    if settings.stls:
        yield "STLS"
    if settings.user:
        yield "USER"
    if settings.auth:
        yield "SASL " + " ".join(settings.auth)
    yield "EXPIRE NEVER" if settings.expire_days is None else f"EXPIRE {settings.expire_days}"
    if settings.login_delay:
        yield f"LOGIN-DELAY {settings.login_delay}"
    yield "IMPLEMENTATION Pillarbox"


def language(wanted: str) -> str | None:
    """The tag of ours that ``wanted`` means, a range as RFC 4647 has it ("en-GB" is content with "en"); or None."""
    tag = wanted.lower()
    return _WANTED.get(tag) or ("en" if tag.startswith("en-") else None)
