"""A small internet: signed zones, three mail systems, and Pillarbox as the mail server of home.test among them.

    alpha.test, beta.test   two domains on one MX (Postfix); alpha's first MX is dead
    gamma.test              Exim: gray@ is greylisted, nobody@ is refused
    epsilon.test            Exim, no MX record at all: the A record is the implicit MX
    delta.test              chasquid, which also is the smart host for zeta.test
    theta.test              Postfix behind a first MX that nobody else has, and that is dead
    zeta.test               Postfix; Pillarbox reaches it only through the smart host
    null.test               a null MX: takes no mail (RFC 7505)
    bogus.test              signatures that do not validate: the resolver answers SERVFAIL
    anything else           does not exist
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from peers import chasquid, exim, postfix
from peers.certificates import Authority
from peers.dns import Dns, Zone, serving
from peers.world import Ground, ground

SMART_HOST_LOGIN = ("dot@delta.test", "smart host secret")
HOME, POSTFIX, EXIM, CHASQUID, DEAD = 2, 10, 11, 12, 99
PROGRAMS = ("postfix", "exim4", "chasquid", "knotd", "keymgr", "unbound", "unshare", "setpriv")


@dataclass(frozen=True, slots=True)
class World:
    """The running peers. ``authority`` is the CA that all certificates come from."""

    ground: Ground
    authority: Authority
    dns: Dns
    postfix: postfix.Postfix
    exim: exim.Exim
    chasquid: chasquid.Chasquid


def zones(g: Ground) -> list[Zone]:
    """What is served."""

    def mx(host: int) -> str:
        return f"@ MX 10 mx\nmx A {g.address(host)}"

    return [
        Zone("home.test", mx(HOME)),
        Zone("alpha.test", f"@ MX 5 dead\ndead A {g.address(DEAD)}\n" + mx(POSTFIX)),
        Zone("beta.test", "@ MX 10 mx.alpha.test."),
        Zone("gamma.test", mx(EXIM)),
        Zone("epsilon.test", f"@ A {g.address(EXIM)}"),
        Zone("delta.test", mx(CHASQUID)),
        Zone("theta.test", f"@ MX 5 dead\n@ MX 10 mx.alpha.test.\ndead A {g.address(DEAD)}"),
        Zone("zeta.test", "@ MX 10 mx.alpha.test."),
        Zone("null.test", "@ MX 0 ."),
        Zone("bogus.test", mx(POSTFIX), bogus=True),
    ]


@contextmanager
def world() -> Iterator[World]:
    """All of it, but Pillarbox."""
    with ExitStack() as running:
        g = running.enter_context(ground())
        authority = Authority(g.room("certificates"))
        names = running.enter_context(serving(g, *zones(g)))
        yield World(
            g,
            authority,
            names,
            running.enter_context(postfix.running(g, "postfix", _postfix(g, authority))),
            running.enter_context(exim.running(g, "exim", _exim(g, authority))),
            running.enter_context(chasquid.running(g, "chasquid", _chasquid(g, authority))),
        )


def _postfix(g: Ground, authority: Authority) -> postfix.Settings:
    return postfix.Settings(
        "mx.alpha.test",
        (g.address(POSTFIX), g.port),
        mailboxes=("ann@alpha.test", "jürgen@alpha.test", "bob@beta.test", "tom@theta.test", "zoe@zeta.test"),
        remote_port=g.port,
        resolv_conf=g.resolv_conf,
        tls=authority.issue("mx.alpha.test"),
    )


def _exim(g: Ground, authority: Authority) -> exim.Settings:
    return exim.Settings(
        "mx.gamma.test",
        (g.address(EXIM), g.port),
        domains=("gamma.test", "epsilon.test"),
        users=("gus", "gray", "eve", "jürgen"),
        greylisted=("gray",),
        remote_port=g.port,
        resolv_conf=g.resolv_conf,
        tls=authority.issue("mx.gamma.test"),
    )


def _chasquid(g: Ground, authority: Authority) -> chasquid.Settings:
    return chasquid.Settings(
        "mx.delta.test",
        (g.address(CHASQUID), g.port),
        submission=(g.address(CHASQUID), 2587),
        users=dict([SMART_HOST_LOGIN]),
        tls=authority.issue("mx.delta.test"),
        remote_port=g.port,
        resolv_conf=g.resolv_conf,
    )
