"""What does a program read in a report? message/delivery-status of RFC 3464, international addresses by RFC 6533."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.headers import date

from .fate import Action, Fate, printable, words

# RFC 5322 §2.1.1 wants lines within 78, and 998 at the utmost.
FOLD = 76

# RFC 6533 §3: what utf-8-addr-xtext may not hold as it is.
_NOT_XTEXT = re.compile(r"[^!-*,-<>-\[\]-~]")


@dataclass(frozen=True, slots=True)
class About:
    """The message that a report speaks of. ``envelope_id`` is the decoded ENVID; ``reference`` our id for it."""

    hostname: str
    reference: str
    arrived: float
    envelope_id: str | None


def status_part(about: About, fates: Sequence[Fate], *, utf8: bool) -> bytes:
    """The fields, CRLF line ends. ``utf8``: for message/global-delivery-status, where addresses stand as they are."""
    groups = [_of_message(about), *(_of_recipient(fate, utf8=utf8) for fate in fates)]
    text = "\r\n\r\n".join("\r\n".join(_folded(group, utf8=utf8)) for group in groups)
    return (text + "\r\n").encode("utf-8" if utf8 else "ascii", "replace")


def final_recipient(recipient: str, *, utf8: bool) -> str:
    """``recipient`` with its address type: rfc822, or utf-8 where it needs one (RFC 6533 §3)."""
    try:
        address = Address.parse(recipient)
    except AddressError:
        return f"rfc822; {_ascii(recipient)}"
    if address.is_ascii:
        return f"rfc822; {address}"
    if utf8:
        return f"utf-8; {address}"
    if address.local.isascii():
        return f"rfc822; {Address(address.local, address.ascii_domain)}"
    return f"utf-8; {_NOT_XTEXT.sub(_escaped, str(address))}"


def _of_message(about: About) -> list[tuple[str, str]]:
    fields = [("Original-Envelope-Id", about.envelope_id)] if about.envelope_id else []
    return [*fields, ("Reporting-MTA", f"dns; {about.hostname}"), ("Arrival-Date", date(about.arrived))]


def _of_recipient(fate: Fate, *, utf8: bool) -> list[tuple[str, str]]:
    fields = [("Original-Recipient", _original(fate.original, utf8=utf8))] if fate.original else []
    fields += [
        ("Final-Recipient", final_recipient(fate.recipient, utf8=utf8)),
        ("Action", fate.action.value),
        ("Status", fate.status),
    ]
    if fate.remote:
        # RFC 3464 §2.3.5: the host as it is known to DNS; its IP address stands in the comment.
        fields.append(("Remote-MTA", f"dns; {fate.remote.replace('[', '(').replace(']', ')')}"))
    if fate.reply is not None:
        fields.append(("Diagnostic-Code", _diagnostic(fate)))
    if fate.last_try is not None:
        fields.append(("Last-Attempt-Date", date(fate.last_try)))
    if fate.retry_until is not None and fate.action is Action.DELAYED:
        fields.append(("Will-Retry-Until", date(fate.retry_until)))
    return fields


def _diagnostic(fate: Fate) -> str:
    """RFC 3464 §2.3.6: the remote's words as it said them; ours under a type of our own."""
    assert fate.reply is not None
    head = f"smtp; {fate.reply.code} {fate.reply.status}" if fate.remote else "X-Pillarbox;"
    return f"{head.rstrip()} {' '.join(words(fate.reply))}"


def _original(original: str, *, utf8: bool) -> str:
    kind, _, value = original.partition(";")
    if value.isascii() or utf8:
        return f"{kind}; {value}"
    return f"utf-8; {_NOT_XTEXT.sub(_escaped, value)}"


def _folded(group: Iterable[tuple[str, str]], *, utf8: bool) -> Iterable[str]:
    for name, value in group:
        clean = printable(value) if utf8 else _ascii(printable(value))
        # RFC 5322 §2.2.3: fold at white space; what has none is cut before the limit of a line.
        lines = wrap(f"{name}: {clean}", FOLD, break_long_words=False, break_on_hyphens=False) or [f"{name}:"]
        yield "\r\n ".join(piece for line in lines for piece in _cut(line))


def _cut(line: str, most: int = 240) -> Iterable[str]:
    return (line[start : start + most] for start in range(0, len(line), most))


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")


def _escaped(match: re.Match[str]) -> str:
    return f"\\x{{{ord(match[0]):X}}}"
