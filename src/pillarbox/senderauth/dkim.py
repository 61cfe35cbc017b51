"""Which domain answers for a message, and how does ours? DKIM (RFC 6376, 8301, 8463, 8616): the names others use.

fields = dkim.Fields(header)
signatures = dkim.read_fields(fields, limits)
hashes = dkim.BodyHashes(dkim.bodies(signatures))        # .update(slice) for the whole body
results = yield from dkim.verify(fields, signatures, hashes.finish(), now, settings)

top = dkim.sign_all(signers, header, hashes.finish()[dkim.BODY].digest, now)
"""

from collections.abc import Iterable, Iterator

from .dkim_body import Body, BodyHash, BodyHashes, Hashes
from .dkim_header import Fields
from .dkim_keys import KeyUnusable, PrivateKey, from_pem, make_ed25519, make_rsa, pem, record, zone_text
from .dkim_record import KeyRecord, RecordError
from .dkim_record import parse as read_record
from .dkim_sign import BODY, Signer, SignSettings, UnsoundHeader, sign_all
from .dkim_signature import DkimLimits, DkimVerdict, Signature, read, read_fields
from .dkim_verify import DkimResult, DkimSettings, verify

__all__ = [
    "BODY", "Body", "BodyHash", "BodyHashes", "DkimLimits", "DkimResult", "DkimSettings", "DkimVerdict", "Fields",
    "Hashes", "KeyRecord", "KeyUnusable", "PrivateKey", "RecordError", "SignSettings", "Signature", "Signer",
    "UnsoundHeader", "bodies", "from_pem", "make_ed25519", "make_rsa", "pem", "read", "read_fields", "read_record",
    "record", "sign_all", "verify", "zone_text",
]  # fmt: skip


def bodies(signatures: Iterable[Signature]) -> Iterator[Body]:
    """How the body must be hashed for ``signatures``."""
    return (signature.terms.body for signature in signatures if signature.terms is not None)
