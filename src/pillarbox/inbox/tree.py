"""What can a user do with the tree of folders? All of it in one place, each operation behind the rights it needs.

Names are as the client wrote them, decoded; every operation raises TreeError when it cannot be, and StoreError when the
store fails. A folder that the user may not look up (RFC 4314, right "l") is answered like one that is not there.
"""

from .branches import Branches
from .listing import Listed, Listing, ListOptions
from .namespaces import NAMESPACES, Namespaces
from .notes import Notes, NotesFound
from .places import Place, TreeError, TreeSettings, User
from .quotas import Quota, Quotas
from .sharing import RightsGiven, RightsToGive, Sharing

__all__ = [
    "ListOptions", "Listed", "Namespaces", "NotesFound", "Place", "Quota", "RightsGiven", "RightsToGive", "Tree",
    "TreeError", "TreeSettings", "User",
]  # fmt: skip


class Tree(Branches, Listing, Sharing, Notes, Quotas):
    """The trees of all users."""

    @staticmethod
    def namespaces() -> Namespaces:
        """NAMESPACE (RFC 2342)."""
        return NAMESPACES
