"""How did a command end? The tagged answer. RFC 9051 §7.1, response codes also RFC 5530 and the extensions."""

from typing import NamedTuple


class Completion(NamedTuple):
    """``status`` is OK, NO or BAD; ``code`` what stands in brackets ("" for nothing); ``text`` is for people."""

    status: str
    text: str
    code: str = ""

    def encode(self, tag: str) -> bytes:
        """The line behind ``tag`` ("*" for an untagged one)."""
        code = f"[{self.code}] " if self.code else ""
        return f"{tag} {self.status} {code}{self.text}\r\n".encode("utf-8", "replace")


def ok(text: str, code: str = "") -> Completion:
    """It was done."""
    return Completion("OK", text, code)


def no(text: str, code: str = "") -> Completion:
    """It cannot be done."""
    return Completion("NO", text, code)


def bad(text: str, code: str = "") -> Completion:
    """It cannot be understood, or not in this state."""
    return Completion("BAD", text, code)
