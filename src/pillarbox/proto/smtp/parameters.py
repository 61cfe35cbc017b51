"""What do the parameters of MAIL and RCPT wish for? RFC 1870, 3030, 3461, 4865, 4954, 6152, 6531, 6533, 8689.

Each parameter has one function that writes its wish into the draft; the tables at the end say which exist.
Refusals are raised as PermanentError, with the reply they deserve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pillarbox.mail.envelope import BodyType, Envelope, Notify, Return
from pillarbox.mail.errors import PermanentError
from pillarbox.mail.reply import MESSAGE_TOO_BIG, PARAMETER_UNKNOWN, Reply

from . import grammar
from .extensions import holds_messages
from .settings import ServerSettings

# RFC 3461 §4.4 and §4.2.
ENVID_MAX = 100
ORCPT_MAX = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """What a parameter is read against: our settings, and the time in POSIX seconds, or None when nobody said."""

    settings: ServerSettings
    now: float | None


@dataclass(slots=True)
class Wishes:
    """What a RCPT says beside the address."""

    notify: Notify | None = None
    original: str | None = None


def read_mail_parameters(text: str, envelope: Envelope, offered: Offered) -> None:
    """Writes the parameters of a MAIL into ``envelope``."""
    seen: set[str] = set()
    for word in text.split():
        keyword, value = _parameter(word, seen)
        read = _OF_MAIL.get(keyword)
        if read is None:
            raise PermanentError(PARAMETER_UNKNOWN, f"MAIL has no parameter {keyword}")
        read(envelope, value, offered)


def read_rcpt_parameters(text: str, smtputf8: bool, settings: ServerSettings) -> Wishes:
    """The wishes in the parameters of a RCPT."""
    wishes = Wishes()
    seen: set[str] = set()
    for word in text.split():
        keyword, value = _parameter(word, seen)
        if keyword not in {"NOTIFY", "ORCPT"} or not settings.dsn:
            raise PermanentError(PARAMETER_UNKNOWN, f"RCPT has no parameter {keyword}")
        if keyword == "NOTIFY":
            wishes.notify = _notify(value)
        else:
            wishes.original = _original(value, smtputf8)
    return wishes


def decode_xtext(text: str) -> str:
    """The characters that ``text``, an xtext, stands for (RFC 3461 §4); ValueError when it is none."""
    if not grammar.XTEXT.match(text):
        raise ValueError(f"this is no xtext: {text!r}")
    if "+" not in text:
        return text
    coded = grammar.XTEXT_OCTET.sub(lambda octet: chr(int(octet[1], 16)), text)
    return coded.encode("latin-1").decode("utf-8")


def _parameter(word: str, seen: set[str]) -> tuple[str, str | None]:
    match = grammar.PARAMETER.match(word)
    if match is None:
        raise _bad("a parameter is written KEYWORD or KEYWORD=value")
    keyword = match[1].upper()
    if keyword in seen:
        raise _bad(f"{keyword} is given twice")
    seen.add(keyword)
    return keyword, match[2]


def _bad(what: str) -> PermanentError:
    return PermanentError(Reply(501, "5.5.4", (f"Syntax error: {what}",)))


def _size(envelope: Envelope, value: str | None, offered: Offered) -> None:
    if value is None or not grammar.SIZE.match(value):
        raise _bad("SIZE needs a number of octets")
    envelope.declared_size = int(value)
    # RFC 1870 §6.1: it may be refused at once.
    if envelope.declared_size > offered.settings.message_size:
        raise PermanentError(MESSAGE_TOO_BIG, f"SIZE={value} is over {offered.settings.message_size}")


def _body(envelope: Envelope, value: str | None, offered: Offered) -> None:
    try:
        envelope.body = BodyType((value or "").upper())
    except ValueError:
        raise _bad("BODY is 7BIT, 8BITMIME or BINARYMIME") from None
    # RFC 3030 §3: BINARYMIME is nothing without CHUNKING.
    if envelope.body is BodyType.BINARY and not offered.settings.chunking:
        raise PermanentError(PARAMETER_UNKNOWN, "BINARYMIME is not offered")


def _smtputf8(envelope: Envelope, value: str | None, offered: Offered) -> None:
    if not offered.settings.smtputf8:
        raise PermanentError(PARAMETER_UNKNOWN, "SMTPUTF8 is not offered")
    if value is not None:
        raise _bad("SMTPUTF8 takes no value")
    envelope.smtputf8 = True


def _requiretls(envelope: Envelope, value: str | None, offered: Offered) -> None:
    if not offered.settings.requiretls:
        raise PermanentError(PARAMETER_UNKNOWN, "REQUIRETLS is not offered")
    if value is not None:
        raise _bad("REQUIRETLS takes no value")
    envelope.require_tls = True


def _ret(envelope: Envelope, value: str | None, offered: Offered) -> None:
    _need_dsn(offered)
    try:
        envelope.ret = Return((value or "").upper())
    except ValueError:
        raise _bad("RET is FULL or HDRS") from None


def _envid(envelope: Envelope, value: str | None, offered: Offered) -> None:
    _need_dsn(offered)
    if not value or len(value) > ENVID_MAX:
        raise _bad(f"ENVID needs 1 to {ENVID_MAX} characters")
    envelope.envelope_id = _xtext(value, "ENVID")


def _auth(envelope: Envelope, value: str | None, offered: Offered) -> None:
    # RFC 4954 §5: who first submitted it. We trust no peer with that: read for its form, and forgotten; also where AUTH
    # is not offered, or no longer after signing in.
    if not value:
        raise _bad("AUTH needs an address or <>")
    if value != "<>":
        _xtext(value, "AUTH")


def _hold_for(envelope: Envelope, value: str | None, offered: Offered) -> None:
    now = _need_future_release(envelope, offered)
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 9:  # RFC 4865 §4.2: 1*9DIGIT
        raise _bad("HOLDFOR needs a number of seconds")
    _hold(envelope, now + int(value), now, offered)


def _hold_until(envelope: Envelope, value: str | None, offered: Offered) -> None:
    now = _need_future_release(envelope, offered)
    try:
        moment = datetime.fromisoformat((value or "").upper())
    except ValueError:
        raise _bad("HOLDUNTIL needs a time like 2026-12-24T18:00:00Z") from None
    if moment.tzinfo is None:
        raise _bad("HOLDUNTIL needs a time zone, or Z")
    _hold(envelope, moment.timestamp(), now, offered)


def _hold(envelope: Envelope, until: float, now: float, offered: Offered) -> None:
    if until > now + offered.settings.future_release:
        raise _bad(f"a message is held for at most {offered.settings.future_release} seconds")
    envelope.hold_until = until


def _need_future_release(envelope: Envelope, offered: Offered) -> float:
    if offered.now is None or not holds_messages(offered.settings):
        raise PermanentError(PARAMETER_UNKNOWN, "FUTURERELEASE is not offered")
    if envelope.hold_until is not None:
        raise _bad("HOLDFOR and HOLDUNTIL exclude each other")
    return offered.now


def _need_dsn(offered: Offered) -> None:
    if not offered.settings.dsn:
        raise PermanentError(PARAMETER_UNKNOWN, "DSN is not offered")


def _xtext(value: str, keyword: str) -> str:
    try:
        return decode_xtext(value)
    except ValueError:
        raise _bad(f"{keyword} is not xtext (RFC 3461)") from None


def _notify(value: str | None) -> Notify:
    """NOTIFY=NEVER, or a list of SUCCESS, FAILURE and DELAY (RFC 3461 §4.1)."""
    wishes = [_NOTIFY.get(word) for word in (value or "").upper().split(",")]
    found = Notify(0)
    for wish in wishes:
        if wish is None:
            raise _bad("NOTIFY is NEVER, or some of SUCCESS,FAILURE,DELAY")
        found |= wish
    if Notify.NEVER in found and len(wishes) > 1:
        raise _bad("NOTIFY=NEVER stands alone")
    return found


_NOTIFY = {wish.name: wish for wish in Notify}


def _original(value: str | None, smtputf8: bool) -> str:
    """ORCPT=addr-type;xtext, decoded (RFC 3461 §4.2, RFC 6533 §3)."""
    kind, semicolon, coded = (value or "").partition(";")
    if not semicolon or not kind or not coded or len(value or "") > ORCPT_MAX:
        raise _bad("ORCPT is a type, a semicolon and an address")
    if kind.lower() != "utf-8":
        return f"{kind};{_xtext(coded, 'ORCPT')}"
    if not grammar.UNITEXT.match(coded) or not (smtputf8 or coded.isascii()):
        raise _bad("ORCPT is no utf-8 address (RFC 6533)")
    return f"{kind};{_embedded(coded)}"


def _embedded(coded: str) -> str:
    r"""``coded`` with each \x{...} as the character it stands for."""
    points = [int(point, 16) for point in grammar.UNITEXT_CHARACTER.findall(coded)]
    if any(point > 0x10FFFF or 0xD800 <= point < 0xE000 for point in points):
        raise _bad("ORCPT names a character that does not exist")
    text = grammar.UNITEXT_CHARACTER.sub(lambda found: chr(int(found[1], 16)), coded)
    return _xtext(text, "ORCPT") if text.isascii() else text


_OF_MAIL: dict[str, Callable[[Envelope, str | None, Offered], None]] = {
    "SIZE": _size,
    "BODY": _body,
    "SMTPUTF8": _smtputf8,
    "REQUIRETLS": _requiretls,
    "RET": _ret,
    "ENVID": _envid,
    "AUTH": _auth,
    "HOLDFOR": _hold_for,
    "HOLDUNTIL": _hold_until,
}
