"""What lies in the measured mailbox? Made-up mail of about 5 KiB, the same on every machine.

Texts of many words, a tenth of them multipart with an attachment, half of them read, conversations of five.

A Maildir of it is what Dovecot serves and what `pillarbox import maildir` takes in.
"""

import base64
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Final

# Octets of text, which the header makes up to 5 KiB.
TEXT: Final = 4_600
# In how many messages of a thousand the sender is this one, and the text has this word.
RARE_SENDER: Final = "Wilhelmina"
RARE_WORD: Final = "xylophone"
RARE_EVERY: Final = 1_000

_SYLLABLES = ("ba", "den", "fi", "gor", "hu", "ka", "lem", "mi", "nor", "pe", "qui", "ras", "so", "tan", "ve", "wil")
_BEGIN = datetime(2024, 1, 1, 8, tzinfo=UTC)
_BETWEEN = timedelta(minutes=7)
_PARAGRAPHS = 3_000
_PEOPLE = 500


class Mail:
    """Messages by their numbers from 0 on."""

    def __init__(self) -> None:
        chance = random.Random(2_342)
        words = sorted({"".join(chance.choices(_SYLLABLES, k=chance.randint(1, 4))) for _ in range(8_000)})
        # Few words are used often and most of them seldom, as in any language.
        weights = [1 / (rank + 10) for rank in range(len(words))]
        chance.shuffle(words)
        self._paragraphs = [_wrapped(chance.choices(words, weights, k=70)) for _ in range(_PARAGRAPHS)]
        self._people = [f"{name.title()} Person <{name}@people.test>" for name in words[:_PEOPLE]]
        self._subjects = [" ".join(chance.choices(words, k=5)) for _ in range(1_000)]
        self._chance = chance

    def message(self, number: int) -> bytes:
        """The message, with CRLF."""
        rare = number % RARE_EVERY == RARE_EVERY // 2
        text = "\r\n\r\n".join(self._chance.choices(self._paragraphs, k=8))
        if rare:
            text = f"{RARE_WORD}\r\n{text}"
        kind, body = _multipart(text) if number % 10 == 3 else ("text/plain; charset=utf-8", _cut(text, TEXT))
        return f"{self._header(number, kind, rare=rare)}\r\n{body}".encode()

    def _header(self, number: int, kind: str, *, rare: bool) -> str:
        date = format_datetime(date_of(number))
        first = number - number % 5
        sender = f"{RARE_SENDER} Rare <w@rare.test>" if rare else self._people[number * 7 % _PEOPLE]
        answers = f"In-Reply-To: <{first}@bench.test>\r\nReferences: <{first}@bench.test>\r\n" if number % 5 else ""
        return (
            f"Received: from client.test (client.test [192.0.2.{number % 250}]) by mx.bench.test;\r\n {date}\r\n"
            f"From: {sender}\r\nTo: u@bench.test, {self._people[number % _PEOPLE]}\r\n"
            f"Subject: {'Re: ' if number % 5 else ''}{self._subjects[first % 1_000]}\r\n"
            f"Date: {date}\r\nMessage-ID: <{number}@bench.test>\r\n{answers}"
            f"MIME-Version: 1.0\r\nContent-Type: {kind}\r\n"
        )


def date_of(number: int) -> datetime:
    """When the message was sent and came in."""
    return _BEGIN + number * _BETWEEN


def write_maildir(folder: Path, count: int) -> None:
    """A Maildir with ``count`` messages in ``cur``; every second one is read."""
    for part in ("cur", "new", "tmp"):
        (folder / part).mkdir(parents=True)
    for name, content in _files(count):
        (folder / "cur" / name).write_bytes(content)


def _files(count: int) -> Iterator[tuple[str, bytes]]:
    mail = Mail()
    for number in range(count):
        wire = mail.message(number)
        # Line ends are LF in a Maildir; S and W save Dovecot from looking (octets as they lie there, and on the wire).
        lying = wire.replace(b"\r\n", b"\n")
        seen = "S" if number % 2 else ""
        stamp = int(date_of(number).timestamp())
        yield f"{stamp}.M{number}.bench,S={len(lying)},W={len(wire)}:2,{seen}", lying


def _multipart(text: str) -> tuple[str, str]:
    attachment = base64.encodebytes(text[:600].encode()).decode().replace("\n", "\r\n")
    body = (
        f"--one\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{_cut(text, TEXT - 1_200)}"
        f'--one\r\nContent-Type: application/octet-stream; name="data.bin"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="data.bin"\r\n\r\n{attachment}--one--\r\n'
    )
    return 'multipart/mixed; boundary="one"', body


def _cut(text: str, octets: int) -> str:
    """Whole lines of ``text``, no more than ``octets``."""
    return text[: text.rindex("\r\n", 0, octets) + 2]


def _wrapped(words: list[str]) -> str:
    lines = [" ".join(words[at : at + 11]) for at in range(0, len(words), 11)]
    return "\r\n".join(lines)
