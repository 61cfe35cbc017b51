"""Messages of which all is known beforehand: what was put into them, and the octets that came of it."""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from quopri import encodestring
from random import Random

WORDS = [
    "river", "Straße", "STRASSE", "İstanbul", "ﬁnance", "cafe\u0301", "café", "日本", "日本語の本", "Ωmega", "the",
    "then", "a", "report.pdf", "x=y", 'say "no"', "50%_off", "ǆungla", "résumé", "Über", "fish & chips", "naïve\tone",
]  # fmt: skip
NAMES = ["Ann Lee", "Jürgen Groß", "Łukasz", "山田", "O'Neil"]
ADDRESSES = ["ann@example.com", "jg@example.org", "l.k@mail.example", "yamada@example.jp", "o'neil@example.net"]
PREFIXES = [
    b"Return-Path: <bounce@lists.example>\r\nDelivered-To: User@example.org\r\n",
    "Return-Path: <Grüße@lists.example>\r\n".encode(),
    b"",
]
DATES = [
    ("Mon, 13 Nov 2023 23:30:00 -0800", (2023, 11, 13)),
    ("Tue, 14 Nov 2023 01:30:00 +0900", (2023, 11, 14)),
    ("Wed, 15 Nov 2023 12:00:00 +0000", (2023, 11, 15)),
    (None, None),
    ("no date at all", None),
]


@dataclass
class Letter:
    """``fields`` (lower name, value) of the header, ``inner`` those of parts; ``texts`` are the readable pieces."""

    octets: bytes
    fields: list[tuple[str, str]]
    inner: list[tuple[str, str]]
    texts: list[str]
    day: tuple[int, int, int] | None
    own: str
    references: list[str] = field(default_factory=list)
    prefix: bytes = b""


class Writer:
    """Writes letters by the throw of dice."""

    def __init__(self, seed: int) -> None:
        self._dice = Random(seed)
        self._fields: list[tuple[str, str]] = []
        self._lines: list[bytes] = []

    def letter(self, number: int) -> Letter:
        """One of the many."""
        dice = self._dice
        self._fields, self._lines = [], []
        date, day = dice.choice(DATES)
        for name in ("From", "To", "Cc", "Bcc"):
            if name == "From" or dice.random() < 0.5:
                self._people(name)
        if dice.random() < 0.9:
            self._encoded("Subject", " ".join(dice.choices(WORDS, k=3)))
        if date is not None:
            self._plain("Date", date)
        own, references = f"m{number}@example.org", []
        if number and dice.random() < 0.6:
            root = dice.randrange(number)
            references = [f"m{root}@example.org", *(f"m{dice.randrange(number)}@example.org" for _ in range(2))]
            self._plain("References", " ".join(f"<{one}>" for one in references))
        self._plain("Message-ID", f"<{own}>")
        if dice.random() < 0.3:
            self._encoded("X-Note", dice.choice(["", "spring cleaning", "Grüße", "x-note: twice"]))
        fields = list(self._fields)
        octets, inner, texts = self._content(fields)
        return Letter(octets, fields, inner, texts, day, own, references, dice.choice(PREFIXES))

    # --- header ---

    def _plain(self, name: str, value: str) -> None:
        self._fields.append((name.lower(), value))
        self._lines.append(f"{name}: {value}".encode())

    def _people(self, name: str) -> None:
        chosen = self._dice.sample(range(len(NAMES)), self._dice.choice([1, 1, 2]))
        shown = [f"{NAMES[one]} <{ADDRESSES[one]}>" for one in chosen]
        written = [f"{self._word(NAMES[one])} <{ADDRESSES[one]}>" for one in chosen]
        self._fields.append((name.lower(), ", ".join(shown)))
        self._lines.append(f"{name}: {', '.join(written)}".encode())

    def _encoded(self, name: str, value: str) -> None:
        """Encoded words, with the cut anywhere; or raw UTF-8."""
        self._fields.append((name.lower(), value))
        if self._dice.random() < 0.3 or value.isascii():
            self._lines.append(f"{name}: {value}".encode())
            return
        cut = self._dice.randrange(len(value))
        first, second = (self._word(half) for half in (value[:cut], value[cut:]))
        self._lines.append(f"{name}: {first}\r\n {second}".encode())

    def _word(self, text: str) -> str:
        return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="

    # --- body ---

    def _content(self, fields: list[tuple[str, str]]) -> tuple[bytes, list[tuple[str, str]], list[str]]:
        dice = self._dice
        header, lines, body, texts = self._leaf()
        if dice.random() < 0.5:
            fields += header
            return b"\r\n".join([*self._lines, *lines, b"", body]), [], texts
        if dice.random() < 0.3:
            return self._forward(fields)
        inner: list[tuple[str, str]] = []
        pieces: list[bytes] = []
        for _ in range(dice.choice([1, 2, 3])):
            header, lines, body, more = self._leaf(attached=dice.random() < 0.4)
            inner += header
            texts = texts + more if pieces else more
            pieces.append(b"\r\n".join([b"--edge", *lines, b"", body]))
        self._plain("Content-Type", "multipart/mixed; boundary=edge")
        fields.append(self._fields[-1])
        return b"\r\n".join([*self._lines, b"", *pieces, b"--edge--", b""]), inner, texts

    def _forward(self, fields: list[tuple[str, str]]) -> tuple[bytes, list[tuple[str, str]], list[str]]:
        header, lines, body, texts = self._leaf()
        self._plain("Content-Type", "message/rfc822")
        fields.append(self._fields[-1])
        inner = [("subject", "forwarded Straße"), *header]
        own = ["subject: forwarded Straße", *(f"{name}: {value}" for name, value in header)]
        wrapped = b"\r\n".join(["Subject: forwarded Straße".encode(), *lines, b"", body])
        return b"\r\n".join([*self._lines, b"", wrapped]), inner, [*own, *texts]

    def _leaf(self, *, attached: bool = False) -> tuple[list[tuple[str, str]], list[bytes], bytes, list[str]]:
        dice = self._dice
        text = "\r\n".join(" ".join(dice.choices(WORDS, k=6)) for _ in range(dice.choice([1, 2, 12])))
        html = dice.random() < 0.3
        source = f"<p>{text.replace('&', '&amp;').replace('no', '<b>no</b>')}</p>" if html else text
        encoding = dice.choice(["base64", "quoted-printable", "8bit"])
        body = ENCODERS[encoding](source.encode())
        header = [("content-type", f"text/{'html' if html else 'plain'}; charset=utf-8")]
        header.append(("content-transfer-encoding", encoding))
        texts = [text]
        if attached:
            header.append(("content-disposition", "attachment; filename*=utf-8''%C3%9Cber%20uns.txt"))
            texts.insert(0, "Über uns.txt")
        return header, [f"{name}: {value}".encode() for name, value in header], body, texts


def _base64(octets: bytes) -> bytes:
    whole = b64encode(octets)
    return b"\r\n".join(whole[at : at + 76] for at in range(0, len(whole), 76))


def _quoted(octets: bytes) -> bytes:
    return encodestring(octets).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


ENCODERS: dict[str, Callable[[bytes], bytes]] = {"base64": _base64, "quoted-printable": _quoted, "8bit": bytes}
