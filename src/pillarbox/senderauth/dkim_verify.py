"""Which domains answer for this message? RFC 6376 §6: each signature against its key; only a whole pass is one.

One question per key is asked, all at once, and none for a signature that cannot pass whatever its key is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from . import dkim_record
from .asking import Answer, Check, Kind, Question, Status
from .dkim_body import Hashes
from .dkim_header import Fields
from .dkim_record import KeyRecord, RecordError
from .dkim_signature import DkimLimits, DkimVerdict, Fault, Signature, Terms, dns_name

# RFC 5322 §3.6: at most one of each. A second one that no signature covers is what the reader may be shown.
_ONCE = (
    b"from", b"sender", b"reply-to", b"to", b"cc", b"subject", b"date", b"content-type", b"content-transfer-encoding",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DkimSettings:
    """``bits_min``, ``bits_max``: of RSA keys (RFC 8301 §3.2). ``skew``: seconds that the signer's clock may be off.
    ``records``: key records of one name that are tried."""

    bits_min: int = 1024
    bits_max: int = 4096
    skew: float = 3600
    records: int = 4
    limits: DkimLimits = field(default_factory=DkimLimits)


@dataclass(frozen=True, slots=True)
class DkimResult:
    """What became of one signature. ``bits``: of its key, 0 when unknown. ``testing``: the domain tries DKIM out (t=y).
    ``covers``: names of the signed header fields, lower case. ``limited``: it signs only a part of the body (l=).
    ``secure``: DNSSEC vouches for the key. ``value``: the first octets of b= in base64, which tell signatures apart."""

    result: DkimVerdict
    domain: str
    selector: str
    identity: str
    algorithm: str
    reason: str
    bits: int = 0
    testing: bool = False
    covers: tuple[str, ...] = ()
    limited: bool = False
    secure: bool = False
    value: str = ""


class Proof(NamedTuple):
    """What a key said to a signature: ``fault`` is None when it fits."""

    fault: Fault | None
    record: KeyRecord | None = None


def verify(
    header: bytes | Fields, signatures: Sequence[Signature], hashes: Hashes, now: float, settings: DkimSettings
) -> Check[tuple[DkimResult, ...]]:
    """A result for each of ``signatures``, in their order. ``hashes`` hold the body of each; ``now``: POSIX seconds."""
    fields = header if isinstance(header, Fields) else Fields(header)
    faults = [_fault_without_key(signature, fields, hashes, now, settings) for signature in signatures]
    names = sorted({s.key_name for s, fault in zip(signatures, faults, strict=True) if fault is None})
    answers: dict[str, Answer] = {}
    if names:
        replies = yield [Question(Kind.TXT, name) for name in names]
        answers = dict(zip(names, replies, strict=True))
    return tuple(
        [
            _result(signature, fault, fields, answers, hashes, settings)
            for signature, fault in zip(signatures, faults, strict=True)
        ]
    )


def _fault_without_key(
    signature: Signature, fields: Fields, hashes: Hashes, now: float, settings: DkimSettings
) -> Fault | None:
    if not fields.sound:
        # What one reader takes for a line end another takes for text: what is signed would be anybody's guess.
        return Fault(DkimVerdict.NEUTRAL, "the header has a line that does not end in CRLF")
    terms = signature.terms
    if terms is None:
        return signature.fault
    return time_fault(terms, now, settings.skew) or body_fault(signature.domain, terms, hashes)


def time_fault(terms: Terms, now: float, skew: float) -> Fault | None:
    """RFC 6376 §3.5: x= is in the past, or t= in the future."""
    if terms.expires is not None and terms.expires < now - skew:
        return Fault(DkimVerdict.PERMERROR, "the signature has expired")
    if terms.made is not None and terms.made > now + skew:
        return Fault(DkimVerdict.POLICY, "the signature says it was made in the future")
    return None


def body_fault(domain: str, terms: Terms, hashes: Hashes) -> Fault | None:
    """Why the body is not the one that ``domain`` signed."""
    body = hashes[terms.body]
    if terms.body.length is not None and terms.body.length > body.total:
        # RFC 6376 §3.5 l=: "MUST NOT be larger than the actual number of octets in the canonicalized message body".
        return Fault(DkimVerdict.FAIL, f"the body is shorter than the one that {domain} signed")
    if body.digest != terms.body_hash:
        reason = f"the signature of {domain} does not fit the body: it was changed on the way"
        return Fault(DkimVerdict.FAIL, reason)
    return None


def _result(
    signature: Signature,
    fault: Fault | None,
    fields: Fields,
    answers: dict[str, Answer],
    hashes: Hashes,
    settings: DkimSettings,
) -> DkimResult:
    terms = signature.terms
    record, secure = None, False
    if fault is None and terms is not None:
        answer = answers[signature.key_name]
        secure = answer.secure
        octets = terms.signed(fields)
        fault, record = prove(signature.domain, signature.algorithm, octets, terms.octets, answer, settings)
        fault = fault or _identity_fault(signature, record) or loose(signature.domain, terms, fields, hashes)
    verdict, reason = fault or Fault(DkimVerdict.PASS, f"the signature of {signature.domain} fits")
    return DkimResult(
        verdict,
        signature.domain,
        signature.selector,
        signature.identity,
        signature.algorithm,
        reason,
        record.bits if record else 0,
        record.testing if record else False,
        tuple(b":".join(terms.names).decode("utf-8", "replace").split(":")) if terms else (),
        terms is not None and terms.body.length is not None,
        secure,
        signature.mark,
    )


def prove(
    domain: str, algorithm: str, octets: bytes, signature: bytes, answer: Answer, settings: DkimSettings
) -> Proof:
    """Whether one of the keys in ``answer`` made ``signature`` over ``octets``. RFC 6376 §6.1.2, §6.1.3."""
    if answer.status is Status.FAILED:
        reason = f"the key of {domain} could not be asked for: {answer.reason or 'no answer'}"
        return Proof(Fault(DkimVerdict.TEMPERROR, reason))
    if answer.status is not Status.FOUND:
        return Proof(Fault(DkimVerdict.PERMERROR, f"{domain} publishes no key for this signature"))
    proof = Proof(Fault(DkimVerdict.PERMERROR, f"{domain} publishes no key for this signature"))
    # RFC 6376 §6.1.2: of several records each may be tried; the first that fits ends it.
    for text in answer.records[: settings.records]:
        if isinstance(text, bytes):
            proof = _prove_by(domain, algorithm, octets, signature, text, settings)
            if proof.fault is None:
                break
    return proof


def _prove_by(
    domain: str, algorithm: str, octets: bytes, signature: bytes, text: bytes, settings: DkimSettings
) -> Proof:
    try:
        record = dkim_record.parse(text)
    except RecordError as error:
        return Proof(Fault(DkimVerdict.PERMERROR, f"{domain} publishes a key that cannot be used: {error}"))
    if algorithm != f"{record.kind}-sha256":
        reason = f"the key that {domain} publishes is of another kind than the signature"
        return Proof(Fault(DkimVerdict.PERMERROR, reason), record)
    if record.kind == "rsa" and not settings.bits_min <= record.bits <= settings.bits_max:
        # RFC 8301 §3.2: "Verifiers MUST NOT consider signatures using RSA keys of less than 1024 bits as valid".
        size = "short" if record.bits < settings.bits_min else "long"
        return Proof(Fault(DkimVerdict.POLICY, f"the key of {domain} is too {size}: {record.bits} bits"), record)
    if not record.fits(octets, signature):
        reason = f"the signature of {domain} does not fit the header: it was changed on the way, or is forged"
        return Proof(Fault(DkimVerdict.FAIL, reason), record)
    return Proof(None, record)


def _identity_fault(signature: Signature, record: KeyRecord | None) -> Fault | None:
    """RFC 6376 §3.6.1 t=s: the domain of i= must be that of d= itself."""
    if record is None or not record.exact:
        return None
    below = dns_name(signature.identity.rpartition("@")[2].encode())
    if below == signature.domain:
        return None
    return Fault(DkimVerdict.PERMERROR, f"the key of {signature.domain} does not speak for {below}")


def loose(domain: str, terms: Terms, fields: Fields, hashes: Hashes) -> Fault | None:
    """What anybody could have added to a message without harm to a signature that fits: then it is no pass."""
    rest = hashes[terms.body].rest
    if rest:
        # RFC 6376 §8.2: text behind the length may be an attacker's.
        reason = f"the signature of {domain} fits, but leaves {rest} octets at the end of the body unsigned"
        return Fault(DkimVerdict.POLICY, reason)
    for name in _ONCE:
        count = fields.count(name)
        # RFC 6376 §8.15: of a field that stands there twice, the one nearest the body is signed, the first is shown.
        if count > 1 and 0 < terms.names.count(name) < count:
            reason = f"the signature of {domain} fits, but does not cover every {name.decode().title()} field"
            return Fault(DkimVerdict.POLICY, reason)
    return None
