"""How are MAIL and RCPT written for this remote? RFC 5321 §4.1.1.2-3, RFC 1870, 3461, 6152, 6531, 6533, 8689."""

import re
from dataclasses import dataclass

from pillarbox.mail.address import Address
from pillarbox.mail.envelope import BodyType, Notify, Recipient, Return

from .client_offers import Offers

# RFC 3461 §4: xchar is any character between "!" and "~" except "+" and "=".
_NOT_XCHAR = re.compile(rb"[^!-*,-<>-~]")
# RFC 6533 §3: QCHAR = %x21-2a / %x2c-3c / %x3e-5b / %x5d-7e.
_NOT_QCHAR = re.compile(r"[^!-*,-<>-\[\]-~]")
_NOTIFY_WORDS = (
    (Notify.SUCCESS, "SUCCESS"),
    (Notify.FAILURE, "FAILURE"),
    (Notify.DELAY, "DELAY"),
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What MAIL should say beyond the reverse-path; each wish leaves only when the remote offers its extension.

    ``size`` in octets. ``body`` is what the octets really are. ``smtputf8`` must be False for a remote without it.
    """

    size: int
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    ret: Return | None = None
    envelope_id: str | None = None
    require_tls: bool = False


def mail_line(sender: str, wishes: Wishes, offers: Offers) -> bytes:
    """The MAIL command; ``sender`` is "" for the null reverse-path."""
    parts = [f"MAIL FROM:<{sender}>"]
    if offers.takes_size:
        parts.append(f"SIZE={wishes.size}")
    if wishes.body is not BodyType.SEVEN_BIT and (offers.eight_bit or offers.binary):
        parts.append(f"BODY={wishes.body.value}")
    if wishes.smtputf8:
        parts.append("SMTPUTF8")
    if offers.requiretls and wishes.require_tls:
        parts.append("REQUIRETLS")
    if offers.dsn and wishes.ret is not None:
        parts.append(f"RET={wishes.ret.value}")
    if offers.dsn and wishes.envelope_id:
        parts.append(f"ENVID={xtext(wishes.envelope_id)}")
    return " ".join(parts).encode() + b"\r\n"


def rcpt_line(path: str, recipient: Recipient, offers: Offers) -> bytes:
    """The RCPT command for ``path``, the recipient's address as this remote can read it."""
    line = f"RCPT TO:<{path}>"
    if offers.dsn and recipient.notify is not None:
        line += f" NOTIFY={_notify(recipient.notify)}"
    if offers.dsn and recipient.original:
        line += f" ORCPT={_original(recipient.original)}"
    return line.encode() + b"\r\n"


def ascii_path(address: Address) -> str | None:
    """The address with A-labels (RFC 5890), for a remote without SMTPUTF8; None when only UTF-8 can write it."""
    if not address.local.isascii():
        return None
    return str(address) if address.domain.isascii() else str(Address(address.local, address.ascii_domain))


def xtext(text: str) -> str:
    """``text`` as xtext: ``+`` and two hex digits for each octet that may not stand for itself (RFC 3461 §4)."""
    return _NOT_XCHAR.sub(lambda match: b"+%02X" % match[0][0], text.encode()).decode("ascii")


def _notify(notify: Notify) -> str:
    return ",".join(word for flag, word in _NOTIFY_WORDS if flag in notify) or "NEVER"


def _original(original: str) -> str:
    """ORCPT= is addr-type ";" xtext; the utf-8 type has an encoding of its own (RFC 6533 §3)."""
    kind, _, address = original.partition(";")
    if kind.lower() == "utf-8":
        return "utf-8;" + _NOT_QCHAR.sub(lambda match: rf"\x{{{ord(match[0]):X}}}", address)
    return f"{xtext(kind)};{xtext(address)}"
