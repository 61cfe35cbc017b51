"""How are the commands about rights and quotas read? RFC 4314 §3, RFC 9208 §4.1."""

import re

from .commands import GetAcl, GetQuota, GetQuotaRoot, ListRights, MyRights, SetAcl, SetQuota
from .grammar import Cursor
from .mailbox_commands import named
from .refusals import mistake

# RFC 4314 §2: rights are lower-case letters and digits; upper case is wrong.
_RIGHTS = re.compile(r"([+-]?)([a-z0-9]{0,36})\Z")
_RESOURCE = re.compile(rb"[A-Za-z][A-Za-z0-9-]*\Z")


def set_acl(cursor: Cursor) -> SetAcl:
    """SETACL mailbox identifier mod-rights, behind the name."""
    mailbox, identifier = _whose(cursor)
    cursor.space()
    match = _RIGHTS.match(cursor.text("rights"))
    if match is None:
        raise mistake("Rights are lower-case letters and digits, perhaps behind + or -")
    return SetAcl(mailbox, identifier, match[2], match[1])


def delete_acl(cursor: Cursor) -> SetAcl:
    """DELETEACL mailbox identifier, behind the name."""
    return SetAcl(*_whose(cursor), None)


def list_rights(cursor: Cursor) -> ListRights:
    """LISTRIGHTS mailbox identifier, behind the name."""
    return ListRights(*_whose(cursor))


def _whose(cursor: Cursor) -> tuple[str, str]:
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    return mailbox, cursor.text("a user's name")


def get_acl(cursor: Cursor) -> GetAcl:
    """GETACL, behind the name."""
    return GetAcl(named(cursor))


def my_rights(cursor: Cursor) -> MyRights:
    """MYRIGHTS, behind the name."""
    return MyRights(named(cursor))


def get_quota(cursor: Cursor) -> GetQuota:
    """GETQUOTA, behind the name."""
    cursor.space()
    return GetQuota(cursor.text("a quota root"))


def get_quota_root(cursor: Cursor) -> GetQuotaRoot:
    """GETQUOTAROOT, behind the name."""
    return GetQuotaRoot(named(cursor))


def set_quota(cursor: Cursor) -> SetQuota:
    """SETQUOTA root "(" [resource limit *(SP resource limit)] ")", behind the name."""
    cursor.space()
    root = cursor.text("a quota root")
    cursor.space()
    return SetQuota(root, cursor.listed(_limit, least=0))


def _limit(cursor: Cursor) -> tuple[str, int]:
    resource = cursor.atom("a resource such as STORAGE")
    if not _RESOURCE.match(resource):
        raise mistake("This is no name of a resource")
    cursor.space()
    return resource.decode("ascii").upper(), cursor.number()
