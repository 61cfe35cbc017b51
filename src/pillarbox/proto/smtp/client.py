"""How do we speak to another server? The client's side of SMTP and LMTP, without any I/O. RFC 5321 §3, RFC 2033.

The owner asks for one thing at a time (``hello``, ``begin``, ``send_whole`` …), writes ``take_output`` to the wire,
hands in what arrives, and gets one event for each thing asked. With PIPELINING (RFC 2920) a transaction's MAIL, all
its RCPT and DATA leave in one write; without, line by line.

Each command that was written waits in ``_awaiting`` with the method that reads its reply; so what a reply means is
decided when the command is sent, and a reply that nobody awaits is noticed at once.
"""

from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from pillarbox.mail.reply import Reply

from .client_auth import Dialogue
from .client_body import whole_data
from .client_events import (
    DATA,
    END_OF_DATA,
    MAIL,
    RCPT,
    Answered,
    AuthAnswered,
    BodyWanted,
    Broken,
    ChunkTaken,
    Ended,
    Event,
    Greeted,
    TlsAnswered,
    Verdict,
    Welcomed,
)
from .client_offers import Offers
from .client_replies import BadReply, ReplyLimits, ReplyReader
from .client_transaction import Transaction

# A command that awaits its reply: its name for people, and what reads the reply.
_Step: TypeAlias = tuple[str, Callable[[Reply], Event | None]]

# RFC 4954 §4: an initial response goes with AUTH when the command stays within the 512 octets of RFC 5321 §4.5.3.1.4.
_COMMAND_MAX = 512


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """``name``: what we call ourselves in EHLO. ``lmtp``: LHLO, and one final reply per recipient (RFC 2033)."""

    name: str
    lmtp: bool = False
    limits: ReplyLimits = field(default_factory=ReplyLimits)


class ClientConnection:
    """One conversation. ``closing`` turns True when nothing more can be asked: 421, Broken, QUIT, content broken off.

    ``replies`` counts the replies that came; a deadline per reply is renewed when it changes.
    """

    def __init__(self, settings: ClientSettings) -> None:
        self.offers = Offers()
        self.closing = False
        self.replies = 0
        self._settings = settings
        self._reader = ReplyReader(settings.limits)
        self._out: list[bytes] = []
        self._unsent: deque[tuple[bytes, _Step]] = deque()
        self._awaiting: deque[_Step] = deque([("the greeting", self._greeted)])
        self._is_deaf = False
        self._transaction: Transaction | None = None
        self._chunked = False
        self._in_body = False
        self._needs_reset = False
        self._auth: Dialogue | None = None
        self._held_initial: bytes | None = None

    # --- octets in and out ------------------------------------------------------------------------------------------

    def receive_data(self, data: bytes) -> None:
        """Take what the remote sent; ``next_event`` says what it means."""
        if not self._is_deaf:
            self._reader.receive_data(data)

    def take_output(self) -> bytes:
        """What is to be written now; b"" when nothing is."""
        if not self._out:
            return b""
        out = self._out[0] if len(self._out) == 1 else b"".join(self._out)
        self._out.clear()
        return out

    def next_event(self) -> Event | None:
        """What happened next; None when more octets are needed. After Broken nothing happens any more."""
        try:
            while not self._is_deaf:
                reply = self._reader.next()
                if reply is None:
                    return None
                self.replies += 1
                event = self._handle(reply)
                if event is not None:
                    return event
        except BadReply as error:
            return self._break(str(error))
        return None

    def verdicts(self) -> list[Verdict | None]:
        """What is decided of the transaction under way, None where nothing is: for when the connection is lost."""
        return [] if self._transaction is None else list(self._transaction.verdicts)

    # --- what can be asked ------------------------------------------------------------------------------------------

    def hello(self) -> None:
        """EHLO (LHLO), and HELO where the remote does not know it (RFC 5321 §3.2); answered by Welcomed."""
        verb = "LHLO" if self._settings.lmtp else "EHLO"
        self._send(f"{verb} {self._settings.name}\r\n".encode(), (verb, self._welcomed))

    def start_tls(self) -> None:
        """STARTTLS (RFC 3207); answered by TlsAnswered."""
        self._send(b"STARTTLS\r\n", ("STARTTLS", self._tls_answered))

    def tls_started(self) -> None:
        """The handshake is done: forget what was learnt before it (RFC 3207 §4.2); EHLO comes next."""
        self._reader.discard()
        self.offers = Offers()

    def authenticate(self, dialogue: Dialogue) -> None:
        """AUTH (RFC 4954); answered by AuthAnswered."""
        line = b"AUTH " + dialogue.mechanism.encode()
        self._auth, self._held_initial = dialogue, dialogue.initial
        if dialogue.initial is not None:
            whole = line + b" " + (b64encode(dialogue.initial) or b"=")  # RFC 4954 §4: "=" is the empty response
            if len(whole) + 2 <= _COMMAND_MAX:
                line, self._held_initial = whole, None
        self._send(line + b"\r\n", ("AUTH", self._auth_answered))

    def begin(self, mail: bytes, recipients: Sequence[bytes], chunked: bool = False) -> None:
        """MAIL, RCPT … and DATA (no DATA when ``chunked``: BDAT follows); answered by BodyWanted or Answered."""
        self._transaction = Transaction(len(recipients))
        self._chunked = chunked
        unsent = self._unsent
        if self._needs_reset:
            unsent.append((b"RSET\r\n", ("RSET", self._was_reset)))
        unsent.append((mail, (MAIL, self._mail_answered)))
        step: _Step = (RCPT, self._rcpt_answered)
        unsent.extend([(line, step) for line in recipients])
        if not chunked:
            unsent.append((b"DATA\r\n", (DATA, self._data_answered)))
        self._flush()

    def send_whole(self, content: bytes) -> None:
        """All the content after BodyWanted, when it is in memory; answered by Answered."""
        self._out.append(whole_data(content))
        self._await_finals()

    def send_slice(self, data: bytes) -> None:
        """A slice that a DataWriter made; nothing answers it unless the remote breaks off (Answered or Broken)."""
        self._in_body = True
        self._out.append(data)

    def end_slices(self, data: bytes) -> None:
        """The last slice of a DataWriter, with its dot; answered by Answered."""
        self._out.append(data)
        self._await_finals()

    def send_chunk(self, data: bytes, last: bool) -> None:
        """One BDAT chunk (RFC 3030 §2); answered by ChunkTaken, or by Answered when it is the last or was refused."""
        self._out.append(b"BDAT %d%s\r\n" % (len(data), b" LAST" if last else b""))
        self._out.append(data)
        if last:
            self._await_finals()
        else:
            self._awaiting.append(("BDAT", self._chunk_answered))

    def quit(self) -> None:
        """QUIT; answered by Ended."""
        self.closing = True
        self._send(b"QUIT\r\n", ("QUIT", Ended))

    # --- commands leave, replies come back --------------------------------------------------------------------------

    def _send(self, line: bytes, step: _Step) -> None:
        self._unsent.append((line, step))
        self._flush()

    def _flush(self) -> None:
        """Write what may be written: everything with PIPELINING, one command at a time without (RFC 2920 §3.1)."""
        while self._unsent and (self.offers.pipelining or not self._awaiting):
            line, step = self._unsent.popleft()
            self._out.append(line)
            self._awaiting.append(step)

    def _handle(self, reply: Reply) -> Event | None:
        if reply.code == 421:
            return self._closed(reply)
        if self._in_body:
            return self._broke_off(reply)
        if not self._awaiting:
            return self._odd("nothing", reply)
        event = self._awaiting.popleft()[1](reply)
        if event is None and self._unsent:
            self._flush()
        return event

    def _closed(self, reply: Reply) -> Event:
        """421: the server closes the channel (RFC 5321 §3.8), whatever else is awaited."""
        command, handler = self._awaiting.popleft() if self._awaiting else ("", Ended)
        if self._in_body:
            command = END_OF_DATA
        event = self._conclude(reply, command) if self._transaction is not None else handler(reply) or Ended(reply)
        self._deafen()
        return event

    def _odd(self, command: str, reply: Reply) -> Broken:
        return self._break(f"the answer to {command} was {reply.code}, which has no meaning there")

    def _break(self, reason: str) -> Broken:
        self._deafen()
        return Broken(reason)

    def _deafen(self) -> None:
        """Nothing that comes from now on has a meaning."""
        self._is_deaf = self.closing = True
        self._reader.discard()

    # --- opening ----------------------------------------------------------------------------------------------------

    def _greeted(self, reply: Reply) -> Event:
        # RFC 5321 §4.3.2: 220, or 4xx/5xx.
        return Greeted(reply) if reply.code == 220 or reply.code >= 400 else self._odd("the greeting", reply)

    def _welcomed(self, reply: Reply) -> Event | None:
        if reply.code == 250:
            self.offers = Offers.read(reply)
        elif reply.code >= 500 and not self._settings.lmtp:
            self._unsent.append((f"HELO {self._settings.name}\r\n".encode(), ("HELO", self._helo_answered)))
            return None
        elif reply.code < 400:
            return self._odd("EHLO", reply)
        return Welcomed(reply, self.offers)

    def _helo_answered(self, reply: Reply) -> Event:
        return Welcomed(reply, Offers()) if reply.code == 250 or reply.code >= 400 else self._odd("HELO", reply)

    def _tls_answered(self, reply: Reply) -> Event:
        if reply.code == 220 and self._reader.discard():
            # Plain octets after the 220 were put there by somebody else (RFC 3207 §5).
            return self._break("octets came between the answer to STARTTLS and the handshake")
        return TlsAnswered(reply) if reply.code == 220 or reply.code >= 400 else self._odd("STARTTLS", reply)

    def _auth_answered(self, reply: Reply) -> Event | None:
        if reply.code == 334 and self._auth is not None:
            self._send(self._response(self._auth, reply.text), ("AUTH", self._auth_answered))
            return None
        if reply.code == 235 and self._auth is not None and self._auth.is_satisfied:
            return AuthAnswered(reply)
        return AuthAnswered(reply) if reply.code >= 400 else self._odd("AUTH", reply)

    def _response(self, auth: Dialogue, challenge: str) -> bytes:
        if self._held_initial is not None:
            initial, self._held_initial = self._held_initial, None
            return b64encode(initial) + b"\r\n"
        try:
            return b64encode(auth.respond(b64decode(challenge, validate=True))) + b"\r\n"
        except ValueError:
            self._auth = None
            return b"*\r\n"  # RFC 4954 §4: cancels the exchange; the server answers 501

    # --- one transaction --------------------------------------------------------------------------------------------

    def _was_reset(self, reply: Reply) -> Event | None:
        self._needs_reset = False
        return None if reply.code == 250 else self._odd("RSET", reply)

    def _mail_answered(self, reply: Reply) -> Event | None:
        if reply.code < 300:
            self._needs_reset = True
            return None
        if reply.code < 400:
            return self._odd(MAIL, reply)
        self._current.settle(reply, MAIL)
        self._unsent.clear()
        return None if self._awaiting else self._conclude()

    def _rcpt_answered(self, reply: Reply) -> Event | None:
        if 300 <= reply.code < 400:
            return self._odd(RCPT, reply)
        transaction = self._current
        transaction.recipient(reply, RCPT)
        if not transaction.all_asked:
            return None
        if not transaction.accepted and not self._awaiting:
            self._unsent.clear()  # DATA has not left yet, and without recipients it need not
            return self._conclude()
        return BodyWanted(transaction.accepted) if self._chunked else None

    def _data_answered(self, reply: Reply) -> Event | None:
        transaction = self._current
        if reply.code < 300:
            return self._odd(DATA, reply)
        if reply.code >= 400:
            return self._conclude(reply, DATA)
        if transaction.accepted:
            return BodyWanted(transaction.accepted)
        # RFC 2920 §3.1: content wanted although no recipient was accepted: nothing but the dot.
        self._out.append(b".\r\n")
        self._awaiting.append((END_OF_DATA, self._empty_data_answered))
        return None

    def _empty_data_answered(self, reply: Reply) -> Event:
        self._needs_reset = False
        return self._conclude(reply, END_OF_DATA)

    def _chunk_answered(self, reply: Reply) -> Event:
        if reply.code < 300:
            return ChunkTaken()
        return self._conclude(reply, END_OF_DATA) if reply.code >= 400 else self._odd("BDAT", reply)

    def _await_finals(self) -> None:
        self._in_body = False
        step: _Step = (END_OF_DATA, self._final_answered)
        self._awaiting.extend([step] * (self._current.accepted if self._settings.lmtp else 1))

    def _final_answered(self, reply: Reply) -> Event | None:
        if 300 <= reply.code < 400:
            return self._odd(END_OF_DATA, reply)
        # RFC 3030 §2: a refused BDAT leaves the transaction open; a refused DATA ended it (RFC 5321 §4.1.1.4).
        self._needs_reset = self._chunked and reply.code >= 400
        if not self._settings.lmtp:
            return self._conclude(reply, END_OF_DATA)
        self._current.final(reply, END_OF_DATA)
        return self._conclude() if self._current.all_final else None

    def _broke_off(self, reply: Reply) -> Event:
        """A reply before the content's end: the remote wants no more of it, and we cannot go on from here."""
        if reply.code < 400:
            return self._odd("the content, before its end,", reply)
        self._deafen()
        return self._conclude(reply, END_OF_DATA)

    def _conclude(self, reply: Reply | None = None, command: str = "") -> Answered:
        """The transaction is over; ``reply`` is the answer for all that have none yet."""
        transaction = self._current
        if reply is not None:
            transaction.settle(reply, command)
        self._transaction = None
        return transaction.answered()

    @property
    def _current(self) -> Transaction:
        assert self._transaction is not None
        return self._transaction
