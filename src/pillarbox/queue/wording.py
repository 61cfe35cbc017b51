"""How is a report to a sender put into words that a person understands? The human part of RFC 3461 §6.2."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from pillarbox.mail.headers import date

from .fate import Action, Fate, printable, words

WIDTH = 72


@dataclass(frozen=True, slots=True)
class Letter:
    """What the sender knows their message by, and ours for it. ``subject`` is decoded, "" when it has none."""

    hostname: str
    reference: str
    arrived: float
    subject: str


_SUBJECTS = {
    Action.FAILED: "Not delivered: your message to {}",
    Action.DELAYED: "Delayed: your message to {}",
    Action.DELIVERED: "Delivered: your message to {}",
    Action.RELAYED: "Passed on: your message to {}",
    Action.EXPANDED: "Delivered to a list: your message to {}",
}

_OPENINGS = {
    Action.FAILED: "Your message could not be delivered to {}. It will not be tried again.",
    Action.DELAYED: "Your message has not yet reached {}. You need not send it again: it is tried again by itself.",
    Action.DELIVERED: "As you asked to be told: your message has reached the mailbox of {}.",
    Action.RELAYED: (
        "As you asked to be told: your message for {} was passed on to a server that sends no such reports. "
        "It took the message over; you will hear from it only if something goes wrong."
    ),
    Action.EXPANDED: (
        "As you asked to be told: your message for {} was given to the people behind that address. "
        "Their servers send no reports of their own."
    ),
}

_TYPING = "Check the address for typing errors."
_BEHIND_AT = "Check the part behind the @ for typing errors."
_OTHER_WAY = "Reach the person in another way."
_POSTMASTER = "Show this report to who runs your mail server."
_SMALLER = "Send it without large attachments, or share them by a link."
_NOTHING = "Nothing: such things mostly pass by themselves."

# What a status means and what a person can do about it: the longest key that fits wins. RFC 3463, RFC 5248, RFC 7372.
_MEANINGS: dict[str, tuple[str, str]] = {
    "5": ("The message was refused.", "Read the server's words; if they do not help, ask the person in another way."),
    "5.1.0": ("The address was refused.", _TYPING),
    "5.1.1": (
        "There is no mailbox with this address.",
        _TYPING + " Or ask the person for the right one in another way.",
    ),
    "5.1.2": ("The domain, the part behind the @, was not found.", _BEHIND_AT),
    "5.1.3": ("The address is not written as an address must be.", _TYPING),
    "5.1.6": ("The person has moved and left no new address.", "Ask the person for the new address in another way."),
    "5.1.8": ("The receiving server does not accept your own address as a sender.", _POSTMASTER),
    "5.1.10": ("The domain says that it receives no mail at all.", _BEHIND_AT),
    "5.2.0": ("The mailbox does not take mail now.", "Try again later. " + _OTHER_WAY),
    "5.2.1": ("The mailbox is switched off.", _OTHER_WAY),
    "5.2.2": ("The mailbox is full.", "Tell the person in another way, and send the message again later."),
    "5.2.3": ("The message is too large for this mailbox.", _SMALLER),
    "5.3.4": ("The message is too large for the receiving server.", _SMALLER),
    "5.4.1": ("The receiving server does not take mail for this address.", _BEHIND_AT),
    "5.4.4": ("No mail server was found for the domain.", _BEHIND_AT),
    "5.4.6": ("The message would go around in circles: a forwarding is set up wrongly.", _POSTMASTER),
    "5.4.7": ("It was tried again and again, without success.", _OTHER_WAY),
    "5.6.3": (
        "The receiving server is too old for the characters in the message.",
        "Send it again as plain text without special characters, or as an attachment.",
    ),
    "5.6.7": (
        "The receiving server cannot handle international characters in addresses.",
        "If you or the recipient have an address of plain letters, use that one.",
    ),
    "5.7": ("The receiving server does not want this message.", "Read the server's words. " + _POSTMASTER),
    "5.7.1": (
        "The receiving server refused the message by a rule of its own.",
        "Read the server's words. If the rule errs, only their side can change it: tell the person in another way.",
    ),
    "5.7.10": (
        "You asked for safe encryption all the way (REQUIRETLS), and the way to this recipient is not safe enough.",
        "Send it without that wish if it may travel less safely. Or reach the person in another way.",
    ),
    "5.7.30": (
        "You asked for safe encryption all the way (REQUIRETLS), which the receiving server does not promise.",
        "Send it without that wish if it may travel less safely. Or reach the person in another way.",
    ),
    "5.7.23": ("Your domain does not allow our server to send its mail (SPF).", _POSTMASTER),
    "5.7.25": ("Our server's address has no name in DNS that leads back to it.", _POSTMASTER),
    "5.7.26": ("The message could not be shown to be yours (SPF, DKIM).", _POSTMASTER),
    "4": ("The receiving server cannot take the message now.", _NOTHING),
    "4.2.2": ("The mailbox is full.", "Tell the person in another way, so that they can make room."),
    "4.4.1": ("The receiving server does not answer.", _NOTHING),
    "4.4.3": ("The domain's entries in DNS cannot be read now.", _BEHIND_AT),
    "4.7": ("The receiving server wants to wait before it takes the message.", _NOTHING),
    "4.7.5": (
        "The receiving server could not show that it is the right one, so it was not given the message.",
        "Nothing: their side must mend it. Tell the person in another way that their server's certificate is wrong.",
    ),
    "4.7.10": (
        "The connection to the receiving server was not encrypted as it should be, so it was not given the message.",
        "Nothing: their side must mend it. Tell the person in another way, if it is urgent.",
    ),
    "2": ("", ""),
}


def subject(fates: Sequence[Fate]) -> str:
    """The Subject of a report, without line ends."""
    whom = fates[0].recipient if len(fates) == 1 else f"{len(fates)} recipients"
    return _SUBJECTS[fates[0].action].format(whom)


def letter(about: Letter, fates: Sequence[Fate]) -> str:
    """The text of a report on ``fates`` (one action, at least one), lines ending in LF."""
    lines = [*_opening(fates), "", *_which(about), ""]
    for fate in fates:
        lines += [*_one(fate), ""]
    lines += wrap(
        f"This report was written by the mail server {about.hostname}, which knows your message as {about.reference}. "
        "You need not answer it.",
        WIDTH,
    )
    return "\n".join(lines) + "\n"


def meaning(status: str) -> tuple[str, str]:
    """What ``status`` means, and what the sender can do, as sentences; empty ones for success."""
    parts = status.split(".")
    for length in range(len(parts), 0, -1):
        found = _MEANINGS.get(".".join(parts[:length]))
        if found is not None:
            return found
    return _MEANINGS["5"]


def _opening(fates: Sequence[Fate]) -> list[str]:
    whom = "one recipient" if len(fates) == 1 else f"{len(fates)} recipients"
    return wrap(_OPENINGS[fates[0].action].format(whom), WIDTH)


def _which(about: Letter) -> list[str]:
    lines = [f"Subject:  {about.subject}"] if about.subject else []
    return [*lines, f"Sent:     {date(about.arrived)}"]


def _one(fate: Fate) -> Iterator[str]:
    yield f"To {printable(fate.recipient)}"
    what, advice = meaning(fate.status)
    if fate.expired:
        what = f"{what} The time for which a message is tried has run out."
    if what:
        yield from _indented(what)
    if fate.reply is not None:
        yield from _said(fate)
    if advice and fate.action in {Action.FAILED, Action.DELAYED}:
        yield from _indented(f"What you can do: {advice[0].lower()}{advice[1:]}")
    yield from _when(fate)


def _said(fate: Fate) -> Iterator[str]:
    assert fate.reply is not None
    yield from _indented(f"The server {fate.remote} said:" if fate.remote else "What happened, exactly:")
    yield ""
    head = f"{fate.reply.code} {fate.reply.status} ".replace("  ", " ") if fate.remote else ""
    for line in words(fate.reply):
        yield f"      {head}{line}".rstrip()
    yield ""


def _when(fate: Fate) -> Iterator[str]:
    if fate.last_try is not None:
        times = "once" if fate.tries == 1 else f"{fate.tries} times"
        yield f"  Tried:    {times}, last on {date(fate.last_try)}"
    if fate.retry_until is not None:
        yield f"  Goes on:  until {date(fate.retry_until)}"


def _indented(text: str) -> list[str]:
    return wrap(text, WIDTH, initial_indent="  ", subsequent_indent="  ")
