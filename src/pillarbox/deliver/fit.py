"""Can this remote carry this message unchanged? And if not, for whom not? RFC 1870 §6, RFC 3030 §3, 6152 §3, 6531 §3.

A message is never rewritten to fit: what a remote cannot carry as it is goes back to its sender, who is told why.
"""

from dataclasses import dataclass, field

from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.envelope import BodyType
from pillarbox.mail.reply import Reply
from pillarbox.proto.smtp.client_body import Survey
from pillarbox.proto.smtp.client_envelope import Wishes, ascii_path, mail_line, rcpt_line
from pillarbox.proto.smtp.client_offers import Offers

from .job import Job

NOT_EIGHT_BIT = Reply(
    554,
    "5.6.3",
    ("The message holds 8-bit characters, the receiving server takes only 7-bit text; we do not rewrite messages",),
)
NOT_BINARY = Reply(
    554, "5.6.3", ("The message is binary (BINARYMIME), the receiving server does not take that; we do not rewrite it",)
)
NOT_UTF8_ADDRESS = Reply(
    553, "5.6.7", ("An address needs international mail (SMTPUTF8), which the receiving server does not offer",)
)
NOT_UTF8_HEADER = Reply(
    554, "5.6.9", ("The header needs international mail (SMTPUTF8), which the receiving server does not offer",)
)


@dataclass(slots=True)
class Fit:
    """``mail``: the MAIL line. ``rcpt``: the RCPT line of each recipient, None for those in ``refused`` (by index)."""

    mail: bytes = b""
    rcpt: list[bytes | None] = field(default_factory=list)
    refused: dict[int, Reply] = field(default_factory=dict)
    chunked: bool = False


def needs_survey(job: Job, offers: Offers) -> bool:
    """The content must be looked at before it can be said how it fits: True for few messages to few servers."""
    if job.body_type is BodyType.BINARY and not offers.binary:
        return True
    return not offers.eight_bit or (job.smtputf8 and not offers.smtputf8)


def fit(job: Job, offers: Offers, survey: Survey | None) -> Fit:
    """How ``job`` is said to this remote; ``survey`` is there whenever ``needs_survey`` wants it."""
    body, refusal = _body(job, offers, survey)
    refusal = refusal or _too_big(job, offers) or _header(job, offers, survey)
    sender = job.sender if offers.smtputf8 or job.sender.isascii() else _ascii(job.sender)
    if refusal is None and sender is None:
        refusal = NOT_UTF8_ADDRESS
    if refusal is not None or sender is None:
        return Fit(refused=dict.fromkeys(range(len(job.recipients)), refusal or NOT_UTF8_ADDRESS))
    found = Fit(chunked=body is BodyType.BINARY)
    smtputf8 = offers.smtputf8 and job.smtputf8
    for index, recipient in enumerate(job.recipients):
        path = _path(recipient.address, offers)
        if path is None:
            found.refused[index] = NOT_UTF8_ADDRESS
        else:
            smtputf8 = smtputf8 or not path.isascii()
        found.rcpt.append(None if path is None else rcpt_line(path, recipient, offers))
    smtputf8 = smtputf8 or not sender.isascii()
    found.mail = mail_line(sender, Wishes(job.size, body, smtputf8, job.ret, job.envelope_id, job.require_tls), offers)
    return found


def _path(address: Address, offers: Offers) -> str | None:
    """As it is where SMTPUTF8 is offered and needed by the local part; else with A-labels, None when that cannot be."""
    if address.local.isascii() or not offers.smtputf8:
        return ascii_path(address)
    return str(address)


def _ascii(sender: str) -> str | None:
    try:
        return ascii_path(Address.parse(sender))
    except AddressError:
        return None


def _body(job: Job, offers: Offers, survey: Survey | None) -> tuple[BodyType, Reply | None]:
    """What BODY= says, or why the content cannot pass."""
    if job.body_type is BodyType.BINARY:
        if offers.binary:
            return BodyType.BINARY, None
        if survey is None or not survey.text_lines:
            return BodyType.BINARY, NOT_BINARY
        # Announced as binary, but nothing in it is: it passes unchanged as text.
    if offers.eight_bit:
        plain = isinstance(job.content, bytes) and job.content.isascii()
        return (BodyType.SEVEN_BIT if plain else BodyType.EIGHT_BIT), None
    if survey is None or survey.eight_bit:
        return BodyType.EIGHT_BIT, NOT_EIGHT_BIT
    return BodyType.SEVEN_BIT, None


def _too_big(job: Job, offers: Offers) -> Reply | None:
    if offers.size is None or job.size <= offers.size:
        return None
    text = f"The message has {job.size:,} octets, the receiving server takes at most {offers.size:,}"
    return Reply(552, "5.3.4", (text,))


def _header(job: Job, offers: Offers, survey: Survey | None) -> Reply | None:
    if not job.smtputf8 or offers.smtputf8 or (survey is not None and survey.header_ascii):
        return None
    return NOT_UTF8_HEADER
