"""What does a command line say? RFC 5321 §4.1.1, RFC 3030 §2, RFC 4954 §4. Refusals are raised as PermanentError."""

from collections.abc import Callable
from typing import NamedTuple

from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.envelope import Envelope, Recipient
from pillarbox.mail.errors import PermanentError
from pillarbox.mail.reply import BAD_SYNTAX, Reply

from . import grammar
from .parameters import Offered, decode_xtext, read_mail_parameters, read_rcpt_parameters
from .replies import BAD_CHUNK, BAD_RECIPIENT, BAD_SENDER, NEEDS_SMTPUTF8
from .settings import ServerSettings

XCLIENT_ATTRIBUTES = frozenset({"NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"})
_UNKNOWN = frozenset({"[UNAVAILABLE]", "[TEMPUNAVAIL]"})
# RFC 5321 §4.5.3.1.2: a domain has at most 255 octets; a longer name is cut, not refused.
HELLO_MAX = 255


class Chunk(NamedTuple):
    """BDAT: ``size`` octets follow the line; ``last`` ends the message."""

    size: int
    last: bool


class SignIn(NamedTuple):
    """AUTH: ``initial`` is still base64, or None when the client waits to be asked."""

    mechanism: str
    initial: str | None


def read_hello(argument: str) -> str:
    """The name in a HELO, EHLO or LHLO: whatever it is (RFC 5321 §4.1.4), or "" when none is there."""
    return argument.strip()[:HELLO_MAX].split(" ", 1)[0]


def read_mail(argument: str, settings: ServerSettings, now: Callable[[], float] | None) -> Envelope:
    """MAIL: an envelope that has no recipient yet."""
    match = grammar.FROM.match(argument)
    if match is None:
        raise PermanentError(BAD_SENDER)
    path, bare, parameters = match.group("path", "bare", "parameters")
    text = bare or path.strip()
    envelope = Envelope(_address(text, BAD_SENDER) if text else None)
    if parameters:
        read_mail_parameters(parameters, envelope, Offered(settings, now() if now else None))
    _check_ascii(envelope.sender, envelope.smtputf8)
    return envelope


def read_rcpt(argument: str, smtputf8: bool, settings: ServerSettings) -> Recipient:
    """RCPT, in a transaction that asked for ``smtputf8`` or not."""
    match = grammar.TO.match(argument)
    if match is None:
        raise PermanentError(BAD_RECIPIENT)
    path, bare, parameters = match.group("path", "bare", "parameters")
    address = _address(bare or path.strip(), BAD_RECIPIENT)
    _check_ascii(address, smtputf8)
    if not parameters:
        return Recipient(address)
    wishes = read_rcpt_parameters(parameters, smtputf8, settings)
    return Recipient(address, wishes.notify, wishes.original)


def read_chunk(argument: str) -> Chunk:
    """BDAT. What is no size leaves no way to know where the next command begins."""
    match = grammar.CHUNK.match(argument)
    if match is None:
        raise PermanentError(BAD_CHUNK)
    return Chunk(int(match[1]), match[2] is not None)


def read_auth(argument: str) -> SignIn:
    """AUTH."""
    match = grammar.AUTH.match(argument)
    if match is None:
        raise PermanentError(BAD_SYNTAX)
    return SignIn(match[1].upper(), match[2])


def read_xclient(argument: str) -> dict[str, str | None]:
    """XCLIENT, as Postfix defines it in its XCLIENT_README: attribute=xtext, separated by spaces."""
    attributes: dict[str, str | None] = {}
    for word in argument.split():
        name, equals, value = word.partition("=")
        if not equals or name.upper() not in XCLIENT_ATTRIBUTES:
            raise PermanentError(BAD_SYNTAX, f"XCLIENT has no attribute {name}")
        attributes[name.upper()] = None if value.upper() in _UNKNOWN else _attribute(value)
    if not attributes:
        raise PermanentError(BAD_SYNTAX, "XCLIENT without an attribute")
    return attributes


def _attribute(value: str) -> str:
    try:
        text = decode_xtext(value)
    except ValueError as error:
        raise PermanentError(BAD_SYNTAX, str(error)) from error
    return text[5:] if text[:5].upper() == "IPV6:" else text


def _address(text: str, refusal: Reply) -> Address:
    try:
        return Address.parse(text)
    except AddressError as error:
        words = (*refusal.lines, str(error))
        raise PermanentError(Reply(refusal.code, refusal.status, words), f"{error}: {text!r}") from error


def _check_ascii(address: Address | None, smtputf8: bool) -> None:
    # RFC 6531 §3.5: without SMTPUTF8 such an address has no meaning here.
    if not smtputf8 and address is not None and not address.is_ascii:
        raise PermanentError(NEEDS_SMTPUTF8)
