"""What does the SMTP conversation itself answer, before anybody is asked? Completes ``pillarbox.mail.reply``."""

from functools import lru_cache

from pillarbox.mail.reply import BARE_LINE_END, MESSAGE_TOO_BIG, Reply

__all__ = ["BARE_LINE_END", "MESSAGE_TOO_BIG"]

HELP = Reply(
    214,
    "2.0.0",
    (
        "Commands: EHLO HELO MAIL RCPT DATA BDAT RSET NOOP VRFY HELP STARTTLS AUTH QUIT",
        "A message: EHLO you, MAIL FROM:<you@...>, RCPT TO:<them@...>, DATA, the text, a dot on a line by itself",
        "Standards: RFC 5321",
    ),
)
NOOP = Reply(250, "2.0.0", ("Still here",))
RESET = Reply(250, "2.0.0", ("Forgotten; begin anew with MAIL",))

NUL_IN_TEXT = Reply(550, "5.6.0", ("A NUL octet is in the message; only BODY=BINARYMIME may carry it",))
TEXT_LINE_TOO_LONG = Reply(550, "5.6.0", ("A line of the message is longer than this server takes",))

HELLO_NAME_MISSING = Reply(501, "5.5.4", ("Say who you are: EHLO your.host.name",))
LMTP_ONLY = Reply(500, "5.5.1", ("This is LMTP: greet with LHLO",))
SMTP_ONLY = Reply(500, "5.5.1", ("This is SMTP, not LMTP: greet with EHLO",))
NO_TLS = Reply(502, "5.5.1", ("STARTTLS is not offered here, or TLS is on already",))
STARTTLS_ALONE = Reply(501, "5.5.4", ("STARTTLS takes no parameters",))
NO_AUTH = Reply(502, "5.5.1", ("Signing in is not offered here",))
UNKNOWN_MECHANISM = Reply(504, "5.5.4", ("This way of signing in is not offered here",))
SIGNED_IN_ALREADY = Reply(503, "5.5.1", ("You are signed in already",))
BAD_BASE64 = Reply(501, "5.5.2", ("That is not base64",))
NO_XCLIENT = Reply(550, "5.7.0", ("XCLIENT is not for you",))
ENOUGH_MESSAGES = Reply(421, "4.7.0", ("Enough messages for one connection; connect again for more",))
TOO_MANY_COMMANDS = Reply(421, "4.7.0", ("Too many commands without a message; closing the connection",))
NOT_CRLF = Reply(500, "5.5.2", ("A command ends with CRLF, not with a bare LF, and holds no other control character",))
NOT_UTF8 = Reply(501, "5.5.2", ("The command is neither ASCII nor UTF-8",))
NOT_SMTP = Reply(554, "5.5.1", ("This is a mail server and speaks SMTP; closing the connection",))
NEEDS_BDAT = Reply(503, "5.5.1", ("A BINARYMIME message comes by BDAT, not by DATA",))
BAD_CHUNK = Reply(501, "5.5.4", ("BDAT needs a size, and perhaps LAST; closing the connection",))
CHUNK_TOO_BIG = Reply(552, "5.3.4", ("The chunk is far larger than any message taken here; closing the connection",))
BAD_SENDER = Reply(501, "5.1.7", ("Bad sender address: MAIL FROM:<you@example.org>",))
BAD_RECIPIENT = Reply(501, "5.1.3", ("Bad recipient address: RCPT TO:<them@example.org>",))
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", ("An address outside ASCII needs the SMTPUTF8 parameter of MAIL",))
NO_VRFY_TEXT = Reply(501, "5.5.4", ("VRFY what?",))


@lru_cache(maxsize=256)
def wire(reply: Reply) -> bytes:
    """The octets of ``reply``; most replies are the same few."""
    return reply.encode()


def received(octets: int) -> Reply:
    """The answer to a chunk that is not the last (RFC 3030 §2)."""
    return Reply(250, "2.0.0", (f"{octets} octets received",))
