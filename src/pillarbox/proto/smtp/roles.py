"""Which of its three parts does an SMTP server play? RFC 5321, RFC 6409, RFC 2033."""

from enum import Enum


class Role(Enum):
    """MX takes mail from the world, SUBMISSION from our users, LMTP from a neighbour program for each recipient."""

    MX = "mx"
    SUBMISSION = "submission"
    LMTP = "lmtp"

    @property
    def greets_with(self) -> tuple[str, ...]:
        """The greetings it takes. RFC 2033 §4.1: LMTP has LHLO and must refuse the others."""
        return ("LHLO",) if self is Role.LMTP else ("EHLO", "HELO")
