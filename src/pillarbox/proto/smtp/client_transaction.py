"""What becomes of each recipient of one transaction? The remote's replies, put to the recipients they concern.

RFC 5321 §3.3: a refused MAIL concerns all, a refused RCPT its recipient; a refused DATA and the answer to the end of
the content concern all that were accepted; in LMTP each of those has its own last answer (RFC 2033 §4.2).
"""

from pillarbox.mail.reply import Reply

from .client_events import Answered, Verdict


class Transaction:
    """One MAIL with its recipients. ``verdicts`` has None where nothing is decided yet."""

    __slots__ = ("_accepted", "_final", "_next", "verdicts")

    def __init__(self, recipients: int) -> None:
        self.verdicts: list[Verdict | None] = [None] * recipients
        self._accepted: list[int] = []
        self._next = 0
        self._final = 0

    @property
    def accepted(self) -> int:
        """How many recipients the remote took and still means to get the content for."""
        return len(self._accepted)

    @property
    def all_asked(self) -> bool:
        """Every RCPT has its reply."""
        return self._next == len(self.verdicts)

    @property
    def all_final(self) -> bool:
        """Every recipient has its verdict."""
        return self._final == len(self._accepted)

    def recipient(self, reply: Reply, command: str) -> None:
        """The reply to the next RCPT."""
        index = self._next
        self._next = index + 1
        if self.verdicts[index] is not None:
            return  # MAIL was refused: what a pipelined RCPT hears after it means nothing more
        if reply.code < 300:
            self._accepted.append(index)
        else:
            self.verdicts[index] = Verdict(reply, command)

    def final(self, reply: Reply, command: str) -> None:
        """The answer for the next accepted recipient (LMTP)."""
        self.verdicts[self._accepted[self._final]] = Verdict(reply, command)
        self._final += 1

    def settle(self, reply: Reply, command: str) -> None:
        """One answer for all that have none yet."""
        verdict = Verdict(reply, command)
        self.verdicts = [verdict if known is None else known for known in self.verdicts]
        self._final = len(self._accepted)

    def answered(self) -> Answered:
        """The event that ends the transaction."""
        return Answered(tuple(verdict for verdict in self.verdicts if verdict is not None))
