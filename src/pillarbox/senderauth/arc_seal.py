"""How do we write down what we found, and seal it? RFC 8617 §5.1. Off unless asked for: a forwarder's business."""

from base64 import b64encode

from . import dkim_keys
from .arc_set import SETS_MAX, Chain
from .arc_verify import Arc, ArcVerdict
from .dkim_header import Fields, relaxed_field
from .dkim_keys import PrivateKey
from .dkim_sign import SignSettings, UnsoundHeader, folded_base64, folded_names, sign, signed_names


class Sealer:
    """Seals as one domain with one key. ``domain`` and ``selector`` in A-labels."""

    __slots__ = ("_key", "_settings", "_who")

    def __init__(self, domain: str, selector: str, key: PrivateKey, settings: SignSettings) -> None:
        self._key = key
        self._settings = settings
        self._who = f"a={dkim_keys.kind(key)}-sha256; d={domain}; s={selector};".encode("ascii")

    def seal(
        self, header: bytes | Fields, chain: Chain, found: Arc, results: bytes, body_hash: bytes, now: float
    ) -> bytes:
        """The three fields of one more set, to stand above the header; empty when none may be added.

        ``chain`` and ``found``: what was read and found when the message came in. ``results``: what we found, as
        Authentication-Results writes it behind its colon, our name first; folds stay. ``body_hash``: the digest for
        dkim.BODY. UnsoundHeader when the header cannot be signed.
        """
        fields = header if isinstance(header, Fields) else Fields(header)
        if not fields.sound or not fields.count(b"from"):
            raise UnsoundHeader("the header has no From field, or a line that does not end in CRLF")
        number = chain.highest + 1
        if number > SETS_MAX or (chain.sets and chain.sets[-1].status == "fail"):
            # RFC 8617 §5.1: behind cv=fail nobody adds a set, and there is no instance 51.
            return b""
        if chain.fault and not chain.highest:
            return b""  # nobody could tell where our set belongs
        top = f"ARC-Authentication-Results: i={number}; ".encode("ascii") + results.strip()
        message = self._message(fields, number, body_hash, now)
        seal = self._seal(chain, found, number, [top, message], now)
        return b"\r\n".join([seal, message, top, b""])

    def _message(self, fields: Fields, number: int, body_hash: bytes, now: float) -> bytes:
        names = signed_names(fields, self._settings) + [b"DKIM-Signature"] * fields.count(b"dkim-signature")
        hollow = (
            f"ARC-Message-Signature: i={number}; ".encode("ascii")
            + self._who
            + f"\r\n\tc=relaxed/relaxed; t={int(now)};\r\n\th=".encode("ascii")
            + folded_names(names)
            + b";\r\n\tbh="
            + b64encode(body_hash)
            + b";\r\n\tb="
        )
        octets = fields.chosen([name.lower() for name in names], relaxed=True) + relaxed_field(hollow)
        return hollow + folded_base64(sign(self._key, octets))

    def _seal(self, chain: Chain, found: Arc, number: int, own: list[bytes], now: float) -> bytes:
        status = "none" if number == 1 else "pass" if found.result is ArcVerdict.PASS else "fail"
        hollow = (
            f"ARC-Seal: i={number}; ".encode("ascii")
            + self._who
            + f"\r\n\tcv={status}; t={int(now)};\r\n\tb=".encode("ascii")
        )
        # RFC 8617 §5.1.2: a seal over a broken chain covers nothing but its own set.
        before = b"" if status == "fail" else b"".join([link.sealed for link in chain.sets])
        octets = before + b"".join([relaxed_field(line) + b"\r\n" for line in own]) + relaxed_field(hollow)
        return hollow + folded_base64(sign(self._key, octets))
