"""What does the door's answer to an event change? RFC 5321 §4.2, RFC 2033 §4.2. A function an event, then the table."""

from collections.abc import Callable, Sequence

from pillarbox.mail.envelope import BodyType
from pillarbox.mail.reply import Reply

from .body import DataReader
from .events import Auth, AuthDone, Body, DataRequested, Defect, Event, Hello, Mail, Rcpt, Xclient
from .extensions import ehlo_reply
from .roles import Role
from .session import Session
from .states import State

Answer = Callable[[Session, Event, Reply], None]


def _hello(session: Session, event: Event, reply: Reply) -> None:
    assert isinstance(event, Hello)
    if not reply.is_positive:
        session.refuse(reply)
        return
    if event.extended:
        session.put(ehlo_reply(session.settings, session.now() if session.now else None))
    else:
        session.put(Reply(250, "", (session.settings.hostname,)))
    session.state = State.READY


def _mail(session: Session, event: Event, reply: Reply) -> None:
    assert isinstance(event, Mail)
    if not reply.is_positive:
        session.refuse(reply)
        return
    session.put(reply)
    session.smtputf8 = event.envelope.smtputf8
    session.binary = event.envelope.body is BodyType.BINARY
    session.go("MAIL")


def _rcpt(session: Session, event: Event, reply: Reply) -> None:
    session.put(reply)
    if reply.is_positive:
        session.tally.accepted += 1
        session.go("RCPT")
    elif not reply.is_temporary:
        session.tally.refused += 1
        session.check_tally()


def _data(session: Session, event: Event, reply: Reply) -> None:
    if session.chunks is not None:
        _chunks(session, reply)
        return
    session.put(reply)
    if reply.is_positive:
        session.text = DataReader(session.settings)
        session.go("DATA")


def _chunks(session: Session, reply: Reply) -> None:
    """RFC 3030 has no 354: the first chunk is on its way, to be read or dropped."""
    assert session.chunks is not None
    if reply.is_positive:
        session.go("BDAT")
        return
    session.begin_skip(session.chunks.left, reply)
    session.chunks = None


def _auth(session: Session, event: Event, reply: Reply) -> None:
    session.signing_in = None
    session.state = State.READY
    if not reply.is_positive:
        session.refuse(reply)
        return
    session.signed_in = True
    session.put(reply)


def _xclient(session: Session, event: Event, reply: Reply) -> None:
    if reply.is_positive:
        session.greet()
    else:
        session.refuse(reply)


def _body(session: Session, event: Event, reply: Reply) -> None:
    answer_body(session, event, [reply] * copies(session))


def copies(session: Session) -> int:
    """How many answers a message gets. RFC 2033 §4.2: in LMTP one per recipient, but only at its true end."""
    whole = session.chunks is None or session.chunks.last
    return session.tally.accepted if whole and session.settings.role is Role.LMTP else 1


def answer_body(session: Session, event: Event, each: Sequence[Reply]) -> None:
    """The end of a transaction, with ``each`` of its answers."""
    assert isinstance(event, Body)
    for reply in each:
        session.put(reply)
    if any(reply.is_positive for reply in each):
        session.tally.message_accepted()
    session.forget()
    session.state = State.READY
    # Whoever sends bare line ends may hope that we and the next server read different messages.
    if event.defect is Defect.BARE_LINE_END:
        session.close()


ANSWERS: dict[type, Answer] = {
    Hello: _hello,
    Mail: _mail,
    Rcpt: _rcpt,
    DataRequested: _data,
    Body: _body,
    Auth: _auth,
    AuthDone: _auth,
    Xclient: _xclient,
}
