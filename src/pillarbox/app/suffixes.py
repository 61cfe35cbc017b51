"""Below which names does anybody register domains? The public suffix list, read when it is first asked.

Most domains answer that in DNS (RFC 9989 §4.10); a server that never meets another saves 4 MB and a twentieth of a
second of its start.
"""

from functools import cached_property

from publicsuffixlist import PublicSuffixList


class PublicSuffixes:
    """``senderauth.organisation.Suffixes`` out of the list that came with this program."""

    @cached_property
    def _list(self) -> PublicSuffixList:
        return PublicSuffixList()

    def privatesuffix(self, domain: str) -> str | None:
        """The registered domain that ``domain`` (A-labels) is or belongs to; None when it is a public suffix."""
        found: str | None = self._list.privatesuffix(domain)
        return found
