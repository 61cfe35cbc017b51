"""How does a test make digests: as the server does, with IMAP's forms?"""

from pillarbox.inbox.digest import Compute, DigestLimits, Wire
from pillarbox.proto.imap import bodystructure, envelope

WIRE = Wire(envelope.envelope, bodystructure.body, bodystructure.structure)


def compute(limits: DigestLimits | None = None) -> Compute:
    """What makes digests."""
    return Compute(WIRE, limits or DigestLimits())
