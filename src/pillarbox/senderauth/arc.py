"""Who handled this message before, and what did they find? ARC (RFC 8617): the names others use.

chain = arc.read(fields, settings)
hashes = dkim.BodyHashes([*dkim.bodies(signatures), *arc.bodies(chain)])
found = yield from arc.verify(fields, chain, hashes.finish(), now, settings)
"""

from .arc_seal import Sealer
from .arc_set import ArcSet, Chain
from .arc_verify import Arc, ArcSettings, ArcVerdict, bodies, read, verify

__all__ = ["Arc", "ArcSet", "ArcSettings", "ArcVerdict", "Chain", "Sealer", "bodies", "read", "verify"]
