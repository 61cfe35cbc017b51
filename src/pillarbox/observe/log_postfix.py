"""How would Postfix have logged it? So that pflogsumm, fail2ban and mailgraph read our log as it is.

Kinds and the fields that are used here (all others are not told in this format):

    connected, disconnected   peer, name?, session?
    login_failed              peer, name?, service, user, mechanism
    rejected                  peer, name?, stage, reply, sender?, recipient?, helo?
    received  (message)       peer? (none: from this machine), name?, sender, size, recipients (a count), header_id?,
                              login?, mechanism?, filed? (local recipients), queued (a count), delay?,
                              report_of? (the message that this one reports on)
    filed     (message)       recipient, delay
    delivered, deferred, bounced, expired (message)
                              recipient, host?, ip?, port?, delay, delays?, dsn, reply
    removed   (message)
    started, stopped          version?
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from .log import Fields
from .log_formats import Stamp
from .story import Evidence

Lines: TypeAlias = "list[tuple[str, str]]"  # the daemon that would have written it, and what it would have said
_Teller: TypeAlias = Callable[[Fields], Lines]

_ODD = re.compile(r"[<>\x00-\x20\x7f-\xa0]")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa1-\U0010ffff]")
_STATUS = {"delivered": "sent", "deferred": "deferred", "bounced": "bounced", "expired": "bounced"}


class PostfixFormat:
    """``Nov 23 14:02:11 mx postfix/smtpd[4711]: 01j2k3m4n5p6: client=mail.example.org[192.0.2.1]``"""

    def __init__(self, hostname: str, pid: int, stamp: Stamp | None = None) -> None:
        self._host = hostname.partition(".")[0]
        self._pid = str(pid)
        # %e has no meaning on Windows; syslog pads the day with a space.
        self._stamp = stamp or Stamp("%b %d %H:%M:%S")

    def __call__(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        """See ``log.Renderer``."""
        tell = _TELLERS.get(kind)
        if tell is None:
            return ""
        stamp = self._stamp(at)
        head = f"{stamp[:4]} {stamp[5:]}" if stamp[4] == "0" else stamp
        number = str(fields.get("session", self._pid)) if kind in {"connected", "disconnected"} else self._pid
        queue_id = "" if message_id is None else f"{message_id}: "
        return "".join(
            f"{head} {self._host} postfix/{daemon}[{number}]: {queue_id}{_UNPRINTABLE.sub('?', text)}\n"
            for daemon, text in tell(fields)
        )


def _word(value: Evidence) -> str:
    """An address or name between < and >: nothing in it may end it early."""
    return _ODD.sub("?", "" if value is None else str(value))


def _client(fields: Fields) -> str:
    name = _word(fields.get("name")) or "unknown"
    peer = fields.get("peer")
    return f"{name}[{_word(peer)}]" if peer else "localhost[127.0.0.1]"


def _connected(fields: Fields) -> Lines:
    return [("smtpd", f"connect from {_client(fields)}")]


def _disconnected(fields: Fields) -> Lines:
    return [("smtpd", f"disconnect from {_client(fields)}")]


def _login_failed(fields: Fields) -> Lines:
    method = _word(fields.get("mechanism")) or "PLAIN"
    service = fields.get("service")
    if service in {"pop3", "imap"}:  # Dovecot's words, because Postfix has none: fail2ban's dovecot filter
        return [(f"{service}-login", f"Disconnected (auth failed, 1 attempts): {_dovecot(fields, method)}")]
    # fail2ban knows LOGIN, PLAIN and the MD5 mechanisms only.
    shown = method if method in {"PLAIN", "LOGIN"} else "PLAIN"
    return [("smtpd", f"warning: {_client(fields)}: SASL {shown} authentication failed: authentication failure")]


def _dovecot(fields: Fields, method: str) -> str:
    return f"user=<{_word(fields.get('user'))}>, method={method}, rip={_word(fields.get('peer'))}"


def _rejected(fields: Fields) -> Lines:
    stage = _word(fields.get("stage")) or "RCPT"
    rest = "".join(
        f" {name}=<{_word(fields[key])}>" for name, key in (("from", "sender"), ("to", "recipient")) if key in fields
    )
    recipient = fields.get("recipient")
    code, _, text = _flat(fields.get("reply")).partition(" ")
    status, _, words = text.partition(" ")
    subject = f"<{_word(recipient)}>: " if recipient else ""
    reason = f"{code} {status} {subject}{_reject_words(code, status, words)}"
    return [("smtpd", f"NOQUEUE: reject: {stage} from {_client(fields)}: {reason};{rest} proto=ESMTP{_helo(fields)}")]


def _reject_words(code: str, status: str, words: str) -> str:
    """fail2ban looks for Postfix's own words; ours follow them."""
    if status.endswith(".1.1"):
        return f"Recipient address rejected: User unknown; {words}"
    if status == "5.7.1" and "relay" in words.lower():
        return f"Relay access denied; {words}"
    return words


def _helo(fields: Fields) -> str:
    return f" helo=<{_word(fields['helo'])}>" if "helo" in fields else ""


def _received(fields: Fields) -> Lines:
    login = fields.get("login")
    sasl = f", sasl_method={_word(fields.get('mechanism')) or 'PLAIN'}, sasl_username={_word(login)}" if login else ""
    sender = _word(fields.get("sender"))
    header_id = _word(str(fields.get("header_id") or "").strip("<> "))
    origin: Lines = [("smtpd", f"client={_client(fields)}{sasl}")]
    if fields.get("report_of"):
        origin = []
    elif not fields.get("peer"):
        origin = [("pickup", f"uid=0 from=<{sender}>")]
    size, count = fields.get("size", 0), fields.get("recipients", 1)
    lines = [
        *origin,
        ("cleanup", f"message-id=<{header_id}>"),
        ("qmgr", f"from=<{sender}>, size={size}, nrcpt={count} (queue active)"),
    ]
    filed = fields.get("filed")
    if isinstance(filed, list):
        for recipient in filed:
            lines += _filed({"recipient": recipient, "delay": fields.get("delay")})
    return lines if fields.get("queued") else [*lines, ("qmgr", "removed")]


def _filed(fields: Fields) -> Lines:
    delay = _delay(fields.get("delay"))
    to = f"to=<{_word(fields.get('recipient'))}>, relay=virtual, delay={delay}, delays={delay}/0/0/0"
    return [("virtual", f"{to}, dsn=2.0.0, status=sent (delivered to mailbox)")]


def _attempt(status: str) -> _Teller:
    def tell(fields: Fields) -> Lines:
        host = fields.get("host")
        spoken = bool(host) and fields.get("said") is not False
        relay = f"{_word(host)}[{_word(fields.get('ip'))}]:{fields.get('port', 25)}" if spoken else "none"
        delay = _delay(fields.get("delay"))
        to = f"to=<{_word(fields.get('recipient'))}>, relay={relay}, delay={delay}"
        delays = _word(fields.get("delays")) or f"{delay}/0/0/0"
        dsn = _word(fields.get("dsn")) or _CLASS[status]
        reply = _flat(fields.get("reply"))
        said = f"host {relay.rpartition(':')[0]} said: {reply}" if spoken and status != "sent" else reply
        return [("smtp", f"{to}, delays={delays}, dsn={dsn}, status={status} ({said})")]

    return tell


_CLASS = {"sent": "2.0.0", "deferred": "4.0.0", "bounced": "5.0.0"}


def _delay(value: Evidence) -> str:
    if not isinstance(value, int | float):
        return "0"
    return f"{value:.2g}" if value < 100 else str(int(value))


def _flat(value: Evidence) -> str:
    return " ".join(str(value or "").split())


def _removed(_fields: Fields) -> Lines:
    return [("qmgr", "removed")]


def _started(_fields: Fields) -> Lines:
    return [("master", "daemon started -- version Pillarbox")]


def _stopped(_fields: Fields) -> Lines:
    return [("master", "terminating on signal 15")]


_TELLERS: dict[str, _Teller] = {
    "connected": _connected,
    "disconnected": _disconnected,
    "login_failed": _login_failed,
    "rejected": _rejected,
    "received": _received,
    "filed": _filed,
    **{kind: _attempt(status) for kind, status in _STATUS.items()},
    "removed": _removed,
    "started": _started,
    "stopped": _stopped,
}
