"""Which mail may share connections? What a plan is kept under, and the plan of a smart host."""

from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.route import SmartHost, Tls

from .mta_sts import Mode
from .plan import Plan, Safety


def smart(route: SmartHost) -> Plan:
    """The plan for a smart host: needs no DNS yet."""
    user = f"{route.credentials.username}@" if route.credentials else ""
    # What is handed to a mailbox store by LMTP travels no further: REQUIRETLS has been kept (RFC 8689 §4.2).
    wish = None if route.lmtp else route.wish
    return Plan(
        f"{user}{route.host}:{route.port}/{route.tls.value}{'/lmtp' if route.lmtp else ''}{_WISHES[wish]}",
        ((route.host,),),
        route.port,
        route.tls,
        is_direct=False,
        credentials=route.credentials,
        auth_in_clear=route.auth_in_clear,
        lmtp=route.lmtp,
        safety=Safety(route.host, True, None, wish),
    )


# What must not leave over a connection that was opened for less, or more.
_WISHES = {None: "", TlsWish.REQUIRED: "/requiretls", TlsWish.OPTIONAL: "/tls-optional"}


def key_of(plan: Plan, *, has_dane: bool) -> str:
    """What connections of a direct plan are kept under: all of its hosts, and all that makes the way safe."""
    safety, hosts = plan.safety, ">".join(",".join(sorted(group)) for group in plan.groups)
    key = f"{hosts}:{plan.port}"
    if plan.tls is not Tls.OPPORTUNISTIC:
        key += f"/{plan.tls.value}"
    if has_dane:
        key += "/dane"
    if safety.sts is not None:
        names = [host for group in plan.groups for host in group]
        allowed = sorted(filter(safety.sts.allows, names))
        some = "" if len(allowed) == len(names) else f"={','.join(allowed)}"
        key += f"/{'mta-sts' if safety.sts.mode is Mode.ENFORCE else 'mta-sts-testing'}{some}"
    if safety.wish is TlsWish.REQUIRED and not safety.is_secure:
        key += "/unsigned"
    return key + _WISHES[safety.wish]
