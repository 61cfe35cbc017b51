"""What is known of a message on its way through the steps of intake?"""

from dataclasses import dataclass

from .repair import Repaired
from .session import Session, Transaction
from .verdicts import NOTHING_CHECKED, Verdict


@dataclass(slots=True)
class Arrival:
    """One message on its way through the steps."""

    session: Session
    transaction: Transaction
    began: float
    number: int = 0
    id: str = ""
    header_id: str = ""
    repaired: Repaired | None = None
    verdict: Verdict = NOTHING_CHECKED
    body_hash: bytes = b""
