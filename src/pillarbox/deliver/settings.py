"""Which limits does delivery keep? Times are in seconds; the phases are those of RFC 5321 §4.5.3.2."""

from dataclasses import dataclass, field

from pillarbox.proto.smtp.client_replies import ReplyLimits


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a remote may take for each thing. ``message``: for one message in all, however it dawdles."""

    connect: float = 30.0
    greeting: float = 300.0  # §4.5.3.2.1
    hello: float = 300.0
    tls: float = 60.0
    auth: float = 120.0
    command: float = 300.0  # §4.5.3.2.2 MAIL, §4.5.3.2.3 RCPT, and DATA (§4.5.3.2.4) which goes with them
    block: float = 180.0  # §4.5.3.2.5
    final: float = 600.0  # §4.5.3.2.6
    quit: float = 5.0
    opening: float = 600.0  # from the first address tried to the answer to AUTH
    message: float = 3_600.0


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """``hostname``: what we call ourselves. ``own_names``: hosts that are ourselves in an MX list; ``own_endpoints``:
    (address, port) pairs on which we listen, with "0.0.0.0" or "::" for every address.

    ``port``: where MX hosts listen. ``addresses``: tried for one connection. ``stagger``: how long one address is tried
    alone before the next is tried beside it (RFC 8305). ``recipients``: in one transaction. ``messages``: over one
    connection. ``keep``: how long an idle connection is kept. ``slice_size``: octets of content written at once.

    ``dane``, ``mta_sts``: whether what domains publish of their hosts' TLS is looked up and obeyed. ``tls_memory``:
    seconds for which a host that spoke TLS is not sent mail without; 0: it may be at once.
    """

    hostname: str
    port: int = 25
    own_names: frozenset[str] = frozenset()
    own_endpoints: frozenset[tuple[str, int]] = frozenset()
    allow_loopback_targets: bool = False
    mail_hosts: int = 20
    addresses: int = 10
    stagger: float = 2.0
    recipients: int = 100
    messages: int = 100
    keep: float = 15.0
    slice_size: int = 262_144
    dane: bool = True
    mta_sts: bool = True
    tls_memory: float = 30 * 86_400.0
    timeouts: Timeouts = field(default_factory=Timeouts)
    replies: ReplyLimits = field(default_factory=ReplyLimits)
