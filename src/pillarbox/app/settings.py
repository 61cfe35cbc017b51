"""Which settings are there, and what are their defaults? The model of pillarbox.toml.

The string under a setting is its documentation: `pillarbox init` writes it above the setting, and docs show it. Every
setting can also come from the environment: PILLARBOX_ and its path in capitals, parts joined by two underscores.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, model_validator

from pillarbox.mail.address import AddressError, parse_domain

from .quantities import Endpoint, Octets, Seconds


def _domain(value: object) -> str:
    try:
        return parse_domain(str(value))
    except AddressError as error:
        raise ValueError(str(error)) from error


def _name_server(value: object) -> Endpoint:
    return Endpoint.parse(value, 53)


def _next_hop(value: object) -> str:
    text = str(value).strip()
    return text if text in {"", "mx"} else str(Endpoint.parse(text, 587))


def _spent(text: str) -> Seconds:
    return Seconds.parse(text)


Duration: TypeAlias = Annotated[Seconds, PlainValidator(Seconds.parse)]
Size: TypeAlias = Annotated[Octets, PlainValidator(Octets.parse)]
Listening: TypeAlias = Annotated[Endpoint, PlainValidator(Endpoint.parse)]
NameServer: TypeAlias = Annotated[Endpoint, PlainValidator(_name_server)]
Domain: TypeAlias = Annotated[str, PlainValidator(_domain)]
NextHop: TypeAlias = Annotated[str, PlainValidator(_next_hop)]
Home: TypeAlias = Annotated[Path, AfterValidator(Path.expanduser)]
Network: TypeAlias = IPv4Network | IPv6Network
Port: TypeAlias = Annotated[int, Field(ge=0, le=65535)]
Count: TypeAlias = Annotated[int, Field(ge=1)]
Kind: TypeAlias = Literal["smtp", "submission", "lmtp", "imap", "pop3", "web"]


class Section(BaseModel):
    """Settings are values: unknown names are errors, and nothing changes them later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Listener(Section):
    """Where the server listens. Without any, a server listens on the standard ports of all interfaces."""

    kind: Kind
    """smtp: mail from other servers; submission: mail from your users' programs; lmtp: mail from a front server;
    imap: reading and filing mail; pop3: fetching the inbox; web: the MTA-STS policy of our domains (port 443, implicit)
    and what a certificate authority asks to see (port 80, none)."""
    address: Listening
    """Host and port: "127.0.0.1:1025", "[::1]:25", or "*:25" for all interfaces."""
    tls: Literal["none", "starttls", "implicit"] = "starttls"
    """none: never; starttls: begins plain and upgrades; implicit: encrypted from the first octet (465, 993, 995)."""
    proxy: tuple[Network, ...] = ()
    """Networks whose connections begin with a PROXY header (version 1 or 2) that names the real client."""
    xclient: tuple[Network, ...] = ()
    """Networks that may say with XCLIENT who the real client is (a Postfix in front)."""
    trusted: tuple[Network, ...] = ()
    """Networks that may send to anywhere without login. Keep it empty unless they are all yours."""

    @model_validator(mode="after")
    def _no_upgrade_in_http(self) -> "Listener":
        if self.kind == "web" and self.tls == "starttls":
            raise ValueError('a listener of kind web has tls = "implicit" (port 443) or tls = "none" (port 80)')
        return self


class Tls(Section):
    """Certificate and key for STARTTLS and implicit TLS. Without them a self-signed one is made."""

    certificate: Home | None = None
    """PEM file with the certificate, followed by its chain."""
    key: Home | None = None
    """PEM file with the private key."""
    minimum: Literal["1.2", "1.3"] = "1.2"
    """The oldest TLS version that is spoken."""

    @model_validator(mode="after")
    def _both(self) -> "Tls":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together: give both or neither")
        return self


class Acme(Section):
    """Certificates from an authority, fetched and renewed by the server itself (ACME, RFC 8555)."""

    directory: str = ""
    """The authority's address, such as "https://acme-v02.api.letsencrypt.org/directory"; without one, none is asked."""
    agree: bool = False
    """You agree to the authority's terms of service."""
    email: str = ""
    """Where the authority may write to you."""
    challenge: Literal["http-01", "tls-alpn-01", "dns-01"] = "http-01"
    """How the authority sees that a name is ours. http-01: on port 80 (a listener of kind web); tls-alpn-01: on
    port 443 (such a listener with TLS); dns-01: in DNS, by dns_hook or dns_server."""
    hosts: tuple[Domain, ...] = ()
    """Names for the certificate beside hostname. Where our policies are served, mta-sts.<domain> of each domain is in
    it anyway."""
    dns_hook: tuple[str, ...] = ()
    """A program that changes DNS, with its arguments; "present" or "remove", the record's name and its text follow."""
    dns_server: NameServer | None = None
    """The zone's own server, which takes changes (RFC 2136), as "IP" or "IP:port"."""
    dns_key: Home | None = None
    """A file with the key for that (TSIG), as "hmac-sha256:name:secret"."""
    dns_wait: Duration = _spent("30s")
    """How long a change of DNS takes until all of the zone's servers show it."""
    authorities: Home | None = None
    """A PEM file of those whose word on the authority's own address counts; without it, those this machine trusts."""

    @model_validator(mode="after")
    def _agreed(self) -> "Acme":
        if self.directory and not self.agree:
            raise ValueError("agree = true is missing: the authority gives no certificate to who has not agreed")
        if self.directory and not self.directory.startswith("https://"):
            raise ValueError("directory must begin with https://")
        if self.challenge == "dns-01" and (not self.dns_hook) == (self.dns_server is None):
            raise ValueError("dns-01 needs either dns_hook or dns_server: who changes DNS?")
        return self


class MtaSts(Section):
    """The policy (MTA-STS, RFC 8461) in which our domains say that mail for them travels with TLS. It is shown where a
    listener of kind web has TLS; `pillarbox domain dns` prints the records that announce it."""

    mode: Literal["none", "testing", "enforce"] = "testing"
    """testing: others only report what goes wrong; enforce: mail without TLS stays away; none: no policy any more."""
    max_age: Annotated[Duration, Field(ge=86_400, le=31_557_600)] = _spent("7d")
    """How long others keep the policy; in mode enforce, some weeks."""
    more_hosts: tuple[Domain, ...] = ()
    """Other mail hosts of our domains, beside hostname."""


class Dns(Section):
    """How names are looked up."""

    servers: tuple[NameServer, ...] = ()
    """Name servers to ask, as "IP" or "IP:port"; without any, the system's."""
    timeout: Duration = _spent("5s")
    """How long one server may take to answer before the next is asked."""
    attempts: Count = 3
    """How often the list of servers is gone through before a look-up counts as failed for now."""
    cache: Annotated[int, Field(ge=0)] = 10_000
    """How many answers are kept in memory."""
    cache_longest: Duration = _spent("1d")
    """The longest time an answer is kept, whatever its time to live says."""
    negative_longest: Duration = _spent("15m")
    """The longest time a "there is no such name" is kept."""
    dnssec: Literal["auto", "off"] = "auto"
    """auto: answers are validated, by a name server that has proved that it does or by us, where mail is to be sent
    safely (DANE); off: never, and nothing is secure."""
    trusted: tuple[IPv4Address | IPv6Address, ...] = ()
    """Name servers on a safe way whose word on DNSSEC counts once they have proved to validate; those on this machine
    always are."""
    trust_anchors: Home | None = None
    """A file with the keys of the root, as unbound-anchor writes it; without it, those that IANA has published."""
    probe_bogus: tuple[str, ...] = ("dnssec-failed.org", "rhybar.cz")
    """Names whose signatures are wrong on purpose: a name server that validates refuses them."""
    probe_signed: str = ""
    """A name that is signed; "" is the root."""


class Delivery(Section):
    """How mail leaves."""

    port: Port = 25
    """The port on which other domains' mail servers listen. Only tests change it."""
    retry: tuple[Duration, ...] = tuple(_spent(text) for text in ("1m", "5m", "15m", "1h", "4h"))
    """Pauses between attempts; the last is repeated until the message expires."""
    expiry: Duration = _spent("5d")
    """When a message that cannot be delivered goes back to its sender."""
    bounce_expiry: Duration = _spent("5d")
    """When a report that cannot be delivered is dropped."""
    delay_notice: Duration = _spent("4h")
    """When the sender is told that a message is still waiting; 0: never."""
    connections: Count = 200
    """Outgoing connections in all."""
    connections_per_destination: Count = 20
    """Outgoing connections to one destination (the same mail hosts are one destination, whatever the domain)."""
    messages_per_connection: Count = 100
    """Messages sent over one connection before a new one is made."""
    recipients_per_transaction: Count = 100
    """Recipients of one message given to a host at once."""
    keep_open: Duration = _spent("15s")
    """How long an idle connection is kept for the next message."""
    drain: Duration = _spent("20s")
    """How long running deliveries may take to end when the server stops."""
    window: Count = 2_000
    """Recipients in work at a time; the others wait in the store, not in memory."""
    window_share: Annotated[float, Field(gt=0, le=1)] = 0.25
    """The part of the window that one domain may take while others wait."""
    handover: Size = Octets.parse("32MiB")
    """Memory for messages that are delivered straight after they came in, without being read back."""
    report_content: Size = Octets.parse("64KiB")
    """A failure report carries the whole message up to this size, else only its header."""
    connect_stagger: Duration = _spent("2s")
    """How long one address of a host is tried alone before the next is tried beside it."""
    dane: bool = True
    """Check the certificates that mail hosts publish in signed DNS (DANE); such a host gets mail only as it says."""
    mta_sts: bool = True
    """Obey the policies (MTA-STS) in which domains say that mail for them travels with TLS to hosts they name."""
    tls_memory: Duration = _spent("30d")
    """For how long a host that was reached with TLS is sent nothing without: the mail waits; 0: it may be at once."""
    allow_loopback_targets: bool = False
    """Deliver to mail hosts whose address is this machine's own loopback. Only tests set it."""


class Route(Section):
    """Where mail goes that is not for us. The first rule that fits decides; without one it goes to the domain's own
    mail hosts (MX)."""

    recipient_domain: str = "*"
    """"example.org", "*.example.org" for what is below it, or "*" for all."""
    sender: str = "*"
    """"user@example.org", "@example.org", or "*" for all."""
    smart_host: NextHop = ""
    """"smtp.isp.example:587", or "mx" for the domain's own mail hosts."""
    tls: Literal["none", "opportunistic", "starttls", "implicit"] | None = None
    """none; opportunistic: when offered, unchecked; starttls and implicit: required, certificate checked. Without it:
    starttls when a password goes to another machine, else opportunistic."""
    username: str | None = None
    """The name to sign in with at the smart host."""
    password_file: Home | None = None
    """File whose first line is the password."""
    password_env: str | None = None
    """Environment variable that holds the password."""
    auth_in_clear: bool = False
    """Let the password leave without TLS to another machine."""
    lmtp: bool = False
    """Speak LMTP (RFC 2033) with the host: it is the last stop of the mail."""

    @model_validator(mode="after")
    def _complete(self) -> "Route":
        if not self.smart_host:
            raise ValueError('smart_host is missing: where should this mail go? ("host:587", or "mx")')
        if self.username is not None and (self.password_file is None) == (self.password_env is None):
            raise ValueError("username needs a password: give either password_file or password_env")
        return self


class Checks(Section):
    """What is asked about mail from strangers: who really sent it."""

    iprev: bool = True
    """Does the name of the peer's address lead back to it?"""
    spf: bool = True
    """SPF (RFC 7208): may this address send for the sender's domain?"""
    dkim: bool = True
    """DKIM (RFC 6376): which domains have signed the message?"""
    arc: bool = True
    """ARC (RFC 8617): what did those find through whose hands it came?"""
    dmarc: bool = True
    """DMARC (RFC 9989): does one of these vouch for the domain in From?"""
    dmarc_action: Literal["junk", "refuse", "note"] = "junk"
    """What becomes of a message for which nobody vouches though its domain asks for quarantine or reject. junk: into
    the junk folder; refuse: refused where the domain asks for reject, else junk; note: only noted."""
    trusted_sealers: tuple[Domain, ...] = ()
    """Forwarders and lists whose ARC seal is believed when they say that DMARC passed before they changed the mail."""
    seal: bool = False
    """Write what we found above the message and seal that (ARC), for servers to which our aliases send it on, and for
    mail programs. It takes the RSA key of the domain that the mail came for."""
    time: Duration = _spent("20s")
    """How long the checks of a message may wait for DNS; then they go on without the answers."""
    loopback: bool = False
    """Check what comes from this very machine, too."""

    @model_validator(mode="after")
    def _seals_were_looked_at(self) -> "Checks":
        if self.seal and not self.arc:
            raise ValueError("seal = true needs arc = true: a seal says what was found of those before it")
        return self


class Signing(Section):
    """How our mail shows that it is ours: DKIM (RFC 6376)."""

    keys: Annotated[tuple[Literal["rsa", "ed25519"], ...], Field(min_length=1)] = ("rsa", "ed25519")
    """The kinds of keys that a domain gets; every message is signed with each. Not all receivers know Ed25519 yet."""
    retired: Duration = _spent("30d")
    """How long an old key stays in DNS when a new one has taken over: mail that it signed may still be on its way."""


class Reports(Section):
    """Reports between mail servers: on DMARC (RFC 9990) and on TLS (RFC 8460)."""

    send: bool = True
    """Tell the owners of domains daily what came in their name, and how mail to them travelled, where they ask for it.
    On, because they cannot find forgeries or broken set-ups otherwise; no user's address is in it."""
    sender: str = ""
    """In whose name reports are sent; without it, postmaster of this host."""
    read: bool = True
    """Open the reports that others send about our domains, and keep what they say."""
    keep: Duration = _spent("400d")
    """How long what others reported is kept."""


class Submission(Section):
    """What holds for mail programs that send through us."""

    repair_line_ends: bool = True
    """Bare CR or LF become CRLF. When false such a message is refused, as it always is from other servers."""
    cleartext_login: Literal["never", "loopback", "always"] = "loopback"
    """Where a password may be sent without TLS."""
    from_rights: bool = True
    """A user sends only from addresses that are theirs, in the envelope and in From:."""
    add_missing: bool = True
    """Date: and Message-ID: are added when they are missing."""
    hide_client: bool = True
    """The Received line of a submission does not tell the client's address."""


class Imap(Section):
    """What holds for IMAP."""

    idle: Annotated[Duration, Field(ge=1800)] = _spent("30m")
    """How long a mail program may be silent; at least 30m, as RFC 9051 has it."""
    user_connections: Count = 50
    """Sessions of one user; a mail program has about one for each folder it watches."""
    messages_per_command: Annotated[int, Field(ge=1000)] = 1_000_000
    """How many messages one command may be about (RFC 9738)."""
    withheld: tuple[str, ...] = ()
    """Capabilities that are not announced, for a mail program that stumbles over one: ["COMPRESS=DEFLATE"]."""
    cleartext_login: Literal["never", "loopback", "always"] = "loopback"
    """Where a password may be sent without TLS."""


class Pop3(Section):
    """What holds for POP3."""

    exclusive: bool = True
    """One session at a time for each inbox, as RFC 1939 has it. When false several may read at once."""
    expire: Duration = _spent("never")
    """How long read mail stays, as announced to mail programs; "never" keeps it."""
    login_delay: Duration = _spent("0s")
    """The least time between two logins of a user; 0: none."""
    cleartext_login: Literal["never", "loopback", "always"] = "loopback"
    """Where a password may be sent without TLS."""


class Accounts(Section):
    """Domains, users, passwords."""

    postmaster: str | None = None
    """Who gets mail to postmaster@ and abuse@ of our domains when no user or alias of that name is there; without it,
    the oldest user."""
    directory_cache: Duration = _spent("1s")
    """How long an answer of the directory is used again."""
    password_cache: Duration = _spent("5m")
    """How long a password that was right is known without computing it again; 0: never."""
    alias_depth: Count = 10
    """How many aliases may stand behind one another."""
    alias_targets: Count = 1_000
    """How many recipients one address may become."""
    rewrite_forwarded: bool = True
    """Mail that an alias sends on to another server leaves with a reverse-path of ours (SRS), so that it passes SPF."""
    rewritten_days: Annotated[int, Field(ge=1, le=1000)] = 21
    """How many days reports on such mail find the way back to its sender."""


class Limits(Section):
    """Bounds that keep the server well when others are not. All of them, with their reasons: docs/limits.md."""

    message_size: Size = Octets.parse("50MiB")
    """The largest message that is taken."""
    recipients: Count = 1_000
    """Recipients of one message."""
    messages_per_session: Count = 10_000
    """Messages in one incoming connection."""
    errors_per_session: Count = 20
    """Wrong commands in one incoming connection before it is closed."""
    commands_per_session: Count = 10_000
    """Commands without a message in one incoming connection before it is closed."""
    received_lines: Count = 50
    """Received lines in a message before it counts as going in circles."""
    memory_body: Size = Octets.parse("128KiB")
    """A message up to this size is held in memory, a larger one goes to disk as it comes."""
    connections: Count = 10_000
    """Incoming connections in all."""
    connections_per_address: Count = 200
    """Incoming connections from one IPv4 address or one IPv6 /64; loopback is not counted."""
    command_timeout: Duration = _spent("5m")
    """How long a client may be silent between commands."""
    data_timeout: Duration = _spent("3m")
    """How long a client may be silent inside a message."""
    session_timeout: Duration = _spent("2h")
    """How long one incoming connection may last."""
    login_timeout: Duration = _spent("60s")
    """How long an IMAP or POP3 client may take to sign in."""
    tls_timeout: Duration = _spent("30s")
    """How long a TLS handshake may take."""
    login_failures: Count = 20
    """Failed logins from one address within the window before it is locked out."""
    login_window: Duration = _spent("1h")
    """The window in which failed logins are counted."""
    login_lockout: Duration = _spent("15m")
    """How long an address stays locked out."""
    open_files: Count = 65_536
    """How many files and connections the process asks the system for."""
    disk_reserve: Size = Octets.parse("64MiB")
    """When less space than this is free (or than a fiftieth of a small disk), no mail is taken until there is more."""
    stories: Duration = _spent("90d")
    """How long the story of a message is kept after the message is gone."""


class Log(Section):
    """Where events are written."""

    format: Literal["text", "json", "postfix"] = "text"
    """text: for people; json: one object a line; postfix: as Postfix writes, for pflogsumm and fail2ban."""
    file: Home | None = None
    """A file to append to; without it, standard error."""
    flush: Duration = _spent("0.5s")
    """The longest time that a line waits before it is written."""


class Tryout(Section):
    """Try-out mode: everything on this machine, every recipient lands in one inbox."""

    host: str = "127.0.0.1"
    """The address to listen on."""
    account: str = "you@localhost"
    """The account whose inbox it is."""
    smtp: Port = 1025
    """Port for mail to any recipient, without login."""
    submission: Port = 1587
    """Port for sending with login (STARTTLS)."""
    submissions: Port = 1465
    """Port for sending with login (TLS from the start)."""
    imap: Port = 1143
    """Port for reading by IMAP (STARTTLS)."""
    imaps: Port = 1993
    """Port for reading by IMAP (TLS from the start)."""
    pop3: Port = 1110
    """Port for reading by POP3 (STARTTLS)."""
    pop3s: Port = 1995
    """Port for reading by POP3 (TLS from the start)."""


STANDARD_LISTENERS = (
    Listener(kind="smtp", address=Endpoint("", 25)),
    Listener(kind="submission", address=Endpoint("", 587)),
    Listener(kind="submission", address=Endpoint("", 465), tls="implicit"),
    Listener(kind="imap", address=Endpoint("", 143)),
    Listener(kind="imap", address=Endpoint("", 993), tls="implicit"),
    Listener(kind="pop3", address=Endpoint("", 110)),
    Listener(kind="pop3", address=Endpoint("", 995), tls="implicit"),
)


class Settings(Section):
    """Everything that pillarbox.toml can say."""

    hostname: Domain
    """The name of this machine, as other mail servers see it: they look it up."""
    data: Home | None = None
    """The folder of the store; without it, the folder of this file."""
    listener: tuple[Listener, ...] = STANDARD_LISTENERS
    tls: Tls = Tls()
    acme: Acme = Acme()
    mta_sts: MtaSts = MtaSts()
    dns: Dns = Dns()
    delivery: Delivery = Delivery()
    route: tuple[Route, ...] = ()
    checks: Checks = Checks()
    signing: Signing = Signing()
    reports: Reports = Reports()
    submission: Submission = Submission()
    imap: Imap = Imap()
    pop3: Pop3 = Pop3()
    accounts: Accounts = Accounts()
    limits: Limits = Limits()
    log: Log = Log()
    tryout: Tryout = Tryout()

    @model_validator(mode="after")
    def _one_source_of_certificates(self) -> "Settings":
        if self.acme.directory and self.tls.certificate is not None:
            raise ValueError("a certificate is given in [tls], and [acme] would fetch another: take one of them out")
        return self
