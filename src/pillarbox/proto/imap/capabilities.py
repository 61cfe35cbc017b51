"""What does CAPABILITY announce? Each name once, beside its RFC. RFC 9051 §7.2.2."""

from collections.abc import Iterable

from .settings import Offers, ServerSettings

# What a client may want to know before it signs in.
_ALWAYS = (
    "IMAP4rev2",  # RFC 9051
    "IMAP4rev1",  # RFC 3501
    "LITERAL+",  # RFC 7888
    "SASL-IR",  # RFC 4959
    "ID",  # RFC 2971
    "ENABLE",  # RFC 5161
    "IDLE",  # RFC 2177
)

_SIGNED_IN = (
    "NAMESPACE",  # RFC 2342
    "CHILDREN",  # RFC 3348
    "UNSELECT",  # RFC 3691
    "UIDPLUS",  # RFC 4315
    "MOVE",  # RFC 6851
    "ESEARCH",  # RFC 4731
    "SEARCHRES",  # RFC 5182
    "WITHIN",  # RFC 5032
    "LIST-EXTENDED",  # RFC 5258
    "LIST-STATUS",  # RFC 5819
    "LIST-MYRIGHTS",  # RFC 8440
    "LIST-METADATA",  # RFC 9590
    "SPECIAL-USE",  # RFC 6154
    "CREATE-SPECIAL-USE",  # RFC 6154
    "CONDSTORE",  # RFC 7162
    "QRESYNC",  # RFC 7162
    "SORT",  # RFC 5256
    "SORT=DISPLAY",  # RFC 5957
    "THREAD=REFERENCES",  # RFC 5256
    "THREAD=ORDEREDSUBJECT",  # RFC 5256
    "ESORT",  # RFC 5267
    "CONTEXT=SEARCH",  # RFC 5267
    "CONTEXT=SORT",  # RFC 5267
    "MULTISEARCH",  # RFC 7377
    "MULTIAPPEND",  # RFC 3502
    "BINARY",  # RFC 3516
    "CATENATE",  # RFC 4469
    "REPLACE",  # RFC 8508
    "METADATA",  # RFC 5464
    "NOTIFY",  # RFC 5465
    "ACL",  # RFC 4314
    "QUOTA",  # RFC 9208
    "QUOTA=RES-STORAGE",  # RFC 9208
    "QUOTA=RES-MESSAGE",  # RFC 9208
    "STATUS=SIZE",  # RFC 8438
    "OBJECTID",  # RFC 8474
    "SAVEDATE",  # RFC 8514
    "PREVIEW",  # RFC 8970
    "INPROGRESS",  # RFC 9585
    "PARTIAL",  # RFC 9394
    "UIDONLY",  # RFC 9586
    "UIDBATCHES",  # RFC 10022
    "COMPRESS=DEFLATE",  # RFC 4978
    "UNAUTHENTICATE",  # RFC 8437
    "UTF8=ACCEPT",  # RFC 9755
)

ENABLED_BY_NAME = frozenset({
    "IMAP4REV2",  # RFC 9051 §6.3.1
    "CONDSTORE",  # RFC 7162 §3.1
    "QRESYNC",  # RFC 7162 §3.2.3
    "UTF8=ACCEPT",  # RFC 9755 §3
    "UIDONLY",  # RFC 9586 §3
    "METADATA",  # RFC 5464 §4.1
})  # fmt: skip
"""What ENABLE can switch on."""


def before_login(settings: ServerSettings) -> list[str]:
    """What is announced to whom nobody knows yet."""
    return _announced(settings, (*_ALWAYS, *_sign_in(settings.offers)))


def after_login(settings: ServerSettings, compressed: bool = False) -> list[str]:
    """What is announced to a user. RFC 4978 §3: COMPRESS=DEFLATE no more once it is on."""
    names = _announced(settings, (*_ALWAYS, *_SIGNED_IN, *_with_values(settings)))
    return [name for name in names if not (compressed and name == "COMPRESS=DEFLATE")]


def _sign_in(offers: Offers) -> Iterable[str]:
    if offers.starttls:
        yield "STARTTLS"  # RFC 9051 §6.2.1
    if offers.login_disabled:
        yield "LOGINDISABLED"  # RFC 9051 §6.2.3
    yield from (f"AUTH={mechanism}" for mechanism in offers.mechanisms)


def _with_values(settings: ServerSettings) -> Iterable[str]:
    yield f"APPENDLIMIT={settings.append_limit}"  # RFC 7889
    # RFC 4314 §2.2: what the older "c" and "d" are made of.
    yield "RIGHTS=kxte"
    if settings.message_limit is not None:
        yield f"MESSAGELIMIT={settings.message_limit}"  # RFC 9738


def _announced(settings: ServerSettings, names: Iterable[str]) -> list[str]:
    withheld = settings.withheld
    return [name for name in names if not withheld or not _is_withheld(name, withheld)]


def _is_withheld(name: str, withheld: frozenset[str]) -> bool:
    return name in withheld or name.partition("=")[0] in withheld
