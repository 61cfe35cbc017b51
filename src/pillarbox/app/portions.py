"""Which part of the settings does each floor get? Settings are one file for people; each floor knows only its own."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TypeAlias

from pillarbox.accounts.keys import KeySettings
from pillarbox.accounts.passwords import PasswordSettings
from pillarbox.accounts.throttle import ThrottleSettings
from pillarbox.deliver.settings import DeliverySettings
from pillarbox.doors.imap.role import ImapListening
from pillarbox.doors.imap.settings import ImapSettings
from pillarbox.doors.pop3.role import Pop3Listening, Pop3Settings
from pillarbox.doors.smtp.role import SmtpListening, SmtpSettings
from pillarbox.inbox.drop import DropSettings
from pillarbox.intake.accept import AcceptSettings
from pillarbox.intake.checks import CheckSettings
from pillarbox.intake.policy import PolicySettings
from pillarbox.intake.reporting import ReportingSettings
from pillarbox.intake.session import Service
from pillarbox.intake.spool import SpoolSettings
from pillarbox.intake.verdicts import VerdictSettings
from pillarbox.mail.address import Address
from pillarbox.mail.route import Credentials
from pillarbox.net.dns_asking import AskingSettings
from pillarbox.net.dns_cache import CacheSettings
from pillarbox.net.dns_exchange import Server as NameServer
from pillarbox.net.dns_resolver import DnsSettings
from pillarbox.net.dnssec_anchors import parse_anchors
from pillarbox.net.dnssec_probe import ProbeSettings
from pillarbox.net.dnssec_resolver import DnssecSettings
from pillarbox.net.gate import GateSettings
from pillarbox.proto.imap.settings import ServerSettings as ImapProtocol
from pillarbox.proto.pop3.settings import ServerSettings as Pop3Protocol
from pillarbox.proto.smtp.server import ServerSettings
from pillarbox.queue.allowance import AllowanceSettings
from pillarbox.queue.assembly import QueueSettings
from pillarbox.queue.bounce import ReportSettings
from pillarbox.queue.dispatch import DispatchSettings
from pillarbox.queue.runner import RunnerSettings
from pillarbox.queue.schedule import RetrySettings
from pillarbox.queue.window import WindowSettings
from pillarbox.route.forwarding import ForwardingSettings
from pillarbox.route.passwords import from_environment, from_file
from pillarbox.route.routed import RecipientSettings
from pillarbox.route.transport import Rule, rule, way
from pillarbox.senderauth.dmarc import DmarcSettings
from pillarbox.senderauth.spf import SpfSettings

from .settings import Listener, Route, Settings
from .suffixes import PublicSuffixes

NameServers: TypeAlias = Callable[[], Sequence[NameServer]]

# RFC 4865 §4: how far ahead a user may hold a message.
HOLD_MAX = 90 * 86_400
STANDARD_DNS_PORT = 53
STANDARD_SMTP_PORT = 25


def gate(settings: Settings) -> GateSettings:
    """How many connections come in."""
    limits = settings.limits
    return GateSettings(
        total=limits.connections,
        per_address=limits.connections_per_address,
        per_network=limits.connections_per_address * 4,
    )


def dns(settings: Settings) -> DnsSettings:
    """The resolver."""
    part = settings.dns
    cache = CacheSettings(rows=part.cache, ttl_max=int(part.cache_longest), negative_max=int(part.negative_longest))
    return DnsSettings(timeout=part.timeout, rounds=part.attempts, cache=cache)


def dnssec(settings: Settings, folder: Path) -> DnssecSettings:
    """Whose word on DNSSEC counts; the file of the root's keys lies in ``folder`` or where its name says."""
    part = settings.dns
    probe = ProbeSettings(trusted=frozenset(map(str, part.trusted)), bogus=part.probe_bogus, signed=part.probe_signed)
    if part.trust_anchors is None:
        return DnssecSettings(probe=probe)
    file = folder / part.trust_anchors
    return DnssecSettings(anchors=parse_anchors(file.read_text("utf-8")), probe=probe)


def recipients(settings: Settings, catch_all: int | None) -> RecipientSettings:
    """Whose an address is."""
    part = settings.accounts
    return RecipientSettings(
        hostname=settings.hostname,
        own_addresses=own_addresses(settings),
        postmaster=part.postmaster,
        catch_all_account=catch_all,
        directory_cache=part.directory_cache,
        alias_depth=part.alias_depth,
        alias_targets=part.alias_targets,
    )


def forwarding(settings: Settings) -> ForwardingSettings:
    """In whose name forwarded mail travels."""
    return ForwardingSettings(srs=settings.accounts.rewrite_forwarded, days=settings.accounts.rewritten_days)


def own_addresses(settings: Settings) -> frozenset[IPv4Address | IPv6Address]:
    """The addresses that listeners name; those that stand for all addresses, and names, say nothing of ours."""
    own = set()
    for listener in settings.listener:
        with suppress(ValueError):  # it is a name
            own.add(ip_address(listener.address.host))
    return frozenset(address for address in own if not address.is_unspecified)


def passwords(settings: Settings) -> PasswordSettings:
    """What a login costs."""
    return PasswordSettings(password_cache=settings.accounts.password_cache)


def throttle(settings: Settings) -> ThrottleSettings:
    """What a failed login costs."""
    limits = settings.limits
    return ThrottleSettings(
        lockout_failures=limits.login_failures, lockout_window=limits.login_window, lockout_time=limits.login_lockout
    )


def policy(settings: Settings) -> PolicySettings:
    """Who may send what."""
    return PolicySettings(from_rights=settings.submission.from_rights)


def accept(settings: Settings) -> AcceptSettings:
    """How a message becomes ours."""
    return AcceptSettings(
        hostname=settings.hostname,
        hops=settings.limits.received_lines,
        expiry=settings.delivery.expiry,
        add_missing=settings.submission.add_missing,
        hide_client=settings.submission.hide_client,
    )


def checks(settings: Settings) -> CheckSettings:
    """Who really sent this?"""
    part = settings.checks
    return CheckSettings(
        authserv_id=settings.hostname,
        iprev=part.iprev,
        spf=part.spf,
        dkim=part.dkim,
        arc=part.arc,
        dmarc=part.dmarc,
        seal=part.seal,
        loopback=part.loopback,
        verdict=VerdictSettings(part.dmarc_action, frozenset(part.trusted_sealers)),
        spf_bounds=SpfSettings(receiver=settings.hostname),
        dmarc_bounds=DmarcSettings(suffixes=suffixes()),
    )


def keys(settings: Settings) -> KeySettings:
    """The keys that sign for our domains."""
    part = settings.signing
    return KeySettings(algorithms=part.keys, retired=part.retired)


@cache
def suffixes() -> PublicSuffixes:
    """The public suffix list, once for all who ask."""
    return PublicSuffixes()


def reporting(settings: Settings) -> ReportingSettings:
    """Reports to others."""
    part = settings.reports
    sender = Address.parse(part.sender or f"postmaster@{settings.hostname}")
    return ReportingSettings(settings.hostname, sender, send=part.send, keep=part.keep)


def asking(settings: Settings) -> AskingSettings:
    """How checks ask DNS."""
    return AskingSettings(check_time=settings.checks.time)


def spool(settings: Settings) -> SpoolSettings:
    """Where a message's octets are while they come."""
    return SpoolSettings(memory=settings.limits.memory_body, header=settings.limits.memory_body)


def smtp(listener: Listener, settings: Settings) -> SmtpListening:
    """One SMTP, submission or LMTP listener."""
    limits = settings.limits
    return SmtpListening(
        service=Service(listener.kind),
        name=str(listener.address),
        protocol=ServerSettings(
            hostname=settings.hostname,
            message_size=limits.message_size,
            future_release=HOLD_MAX,
            repair_line_ends=settings.submission.repair_line_ends,
            recipients=limits.recipients,
            messages=limits.messages_per_session,
            errors=limits.errors_per_session,
            idle_commands=limits.commands_per_session,
        ),
        settings=SmtpSettings(
            command_timeout=limits.command_timeout,
            session_timeout=limits.session_timeout,
            data_timeout=limits.data_timeout,
            cleartext_login=settings.submission.cleartext_login,
        ),
        spool=spool(settings),
        tls=listener.tls,
        trusted=listener.trusted,
        xclient=listener.xclient,
    )


def loopback_targets(settings: Settings) -> bool:
    """Whether mail may go to mail hosts on this very machine.

    A name in DNS that leads to our own loopback is an attack or a mistake (RFC 5321 §5.1 and common sense), except in
    a laboratory: where mail hosts listen on a port of their own, or a private name server answers.
    """
    if settings.delivery.allow_loopback_targets or settings.delivery.port != STANDARD_SMTP_PORT:
        return True
    return any(
        server.port != STANDARD_DNS_PORT and ip_address(server.host).is_loopback for server in settings.dns.servers
    )


def delivery(settings: Settings) -> DeliverySettings:
    """One attempt at one destination."""
    part = settings.delivery
    return DeliverySettings(
        hostname=settings.hostname,
        port=part.port,
        own_names=frozenset({settings.hostname}),
        own_endpoints=frozenset((part.address.host or "0.0.0.0", part.address.port) for part in settings.listener),  # noqa: S104
        allow_loopback_targets=loopback_targets(settings),
        stagger=part.connect_stagger,
        recipients=part.recipients_per_transaction,
        messages=part.messages_per_connection,
        keep=part.keep_open,
        dane=part.dane,
        mta_sts=part.mta_sts,
        tls_memory=part.tls_memory,
    )


def queue(settings: Settings) -> QueueSettings:
    """The way out."""
    part = settings.delivery
    return QueueSettings(
        reports=ReportSettings(settings.hostname, report_content=part.report_content),
        retry=RetrySettings(
            retry=tuple(map(float, part.retry)),
            expiry=part.expiry,
            report_expiry=part.bounce_expiry,
            delay_notice=part.delay_notice,
        ),
        window=WindowSettings(window=part.window, window_share=part.window_share, handover_octets=part.handover),
        dispatch=DispatchSettings(
            connections=part.connections,
            allowance=AllowanceSettings(connections_per_destination=part.connections_per_destination),
        ),
        runner=RunnerSettings(drain=part.drain),
    )


def rules(settings: Settings, folder: Path) -> list[Rule]:
    """The routing rules of the file in ``folder``, in their order."""
    return [_rule(number, part, folder) for number, part in enumerate(settings.route, 1)]


def _rule(number: int, part: Route, folder: Path) -> Rule:
    credentials = None
    if part.username is not None:
        file = part.password_file
        password = from_file(folder / file) if file is not None else from_environment(part.password_env or "")
        credentials = Credentials(part.username, password)
    decided = way(part.smart_host, part.tls, credentials, clear=part.auth_in_clear, lmtp=part.lmtp)
    return rule(decided, part.recipient_domain, part.sender, f"[[route]] {number} of pillarbox.toml")


def drop(settings: Settings) -> DropSettings:
    """An inbox seen by POP3."""
    part = settings.pop3
    expire = None if part.expire == float("inf") else float(part.expire)
    return DropSettings(exclusive=part.exclusive, expire=expire, login_delay=part.login_delay)


def pop3(listener: Listener, settings: Settings) -> Pop3Listening:
    """One POP3 listener."""
    part, limits = settings.pop3, settings.limits
    days = None if part.expire == float("inf") else int(part.expire // 86_400)
    return Pop3Listening(
        name=str(listener.address),
        protocol=Pop3Protocol(
            hostname=settings.hostname,
            expire_days=days,
            login_delay=int(part.login_delay),
            errors=limits.errors_per_session,
        ),
        settings=Pop3Settings(login_timeout=limits.login_timeout, cleartext_login=part.cleartext_login),
        tls=listener.tls,
    )


def imap(listener: Listener, settings: Settings) -> ImapListening:
    """One IMAP listener."""
    part, limits = settings.imap, settings.limits
    return ImapListening(
        name=str(listener.address),
        protocol=ImapProtocol(
            hostname=settings.hostname,
            withheld=frozenset(part.withheld),
            append_limit=int(limits.message_size),
            message_limit=part.messages_per_command,
            message_overrun=int(4 * limits.message_size),
            bad_commands=limits.errors_per_session,
        ),
        settings=imap_door(settings),
        tls=listener.tls,
    )


def imap_door(settings: Settings) -> ImapSettings:
    """What holds for all IMAP sessions."""
    part = settings.imap
    return ImapSettings(
        idle_timeout=part.idle,
        login_timeout=settings.limits.login_timeout,
        user_connections=part.user_connections,
        cleartext_login=part.cleartext_login,
    )
