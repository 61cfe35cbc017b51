"""Does DNS show of a domain what it should? MX, SPF, DKIM, DMARC, MTA-STS and TLSRPT, each with the way to mend it."""

from collections.abc import Sequence

from pillarbox.deliver import mta_sts
from pillarbox.deliver.mta_sts_fetch import Fetcher, FetchError
from pillarbox.net.dns import Answer, Kind, Mx, Resolver
from pillarbox.senderauth import dkim, dmarc_record, tlsrpt_record

from . import zone
from .findings import Finding

_HOW = "`pillarbox domain dns` prints the line"
PREFERRED_SERVERS = 2


async def servers(resolver: Resolver, name: str) -> list[Finding]:
    """The domain's name servers, those of the nearest zone above it: IPv6 on two of them."""
    zone_name = name
    answer = await resolver.ask(zone_name, Kind.NS)
    while not answer.records and "." in zone_name:
        zone_name = zone_name.partition(".")[2]
        answer = await resolver.ask(zone_name, Kind.NS)
    hosts = [str(record) for record in answer.records][:20]
    if not hosts:
        return [Finding("name servers", None, f"none are known for {name}", "two, with IPv6 addresses")]
    six = [host for host in hosts if any(a.version == 6 for a in (await resolver.addresses(host)).records)]
    found = f"{len(hosts)} name servers, {len(six)} with IPv6"
    wanted = min(PREFERRED_SERVERS, len(hosts))
    return [Finding("name servers", len(six) >= wanted, found, "two with IPv6", "ask who runs them, or move the zone")]


def dnssec(what: str, name: str, answer: Answer[object]) -> Finding:
    """Whether ``answer``, about ``name``, came signed."""
    if answer.authenticated:
        return Finding(what, True, f"{name} is signed")
    cure = "sign the zone (DNSSEC) and give the DS record to the registrar; the resolver here must hand signatures on"
    return Finding(what, False, f"{name} is not signed, or our resolver strips signatures", "signed", cure)


def exchangers(answer: Answer[Mx], hostname: str) -> Finding:
    """The MX records."""
    hosts = [record.host for record in sorted(answer.records)]
    should = f"{answer.name}. MX 10 {hostname}."
    if hosts == [""]:
        return Finding("mx", False, "the domain says that it takes no mail (RFC 7505)", should, _HOW)
    if not hosts:
        return Finding("mx", False, "there is no MX record", should, _HOW)
    found = ", ".join(f"{record.preference} {record.host}" for record in sorted(answer.records))
    if hostname not in hosts:
        return Finding("mx", False, f"{found}: not {hostname}, which is this server", should, _HOW)
    return Finding("mx", True, found)


async def spf(resolver: Resolver, name: str, host: str) -> list[Finding]:
    """SPF of ``name``: there, once, and with an end that says no."""
    label = "spf" if name != host else "spf of helo"
    should = f"{name}. TXT {zone.quoted(zone.spf(name, host))}"
    texts = [text.decode("latin-1") for text in (await resolver.txt(name)).records]
    records = [text for text in texts if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) != 1:
        found = "there is no SPF record" if not records else f"there are {len(records)} SPF records"
        return [Finding(label, False, found, should, f"have exactly one; {_HOW}")]
    last = records[0].lower().split()
    strict = {"-all", "~all"} & set(last) or any(term.startswith("redirect=") for term in last)
    cure = "end it with -all (or ~all): who is not named may not send"
    return [Finding(label, bool(strict), records[0], should, "" if strict else cure)]


async def dkim_keys(resolver: Resolver, keys: Sequence[tuple[str, str, str]]) -> list[Finding]:
    """Each of our keys as DNS has it."""
    if not keys:
        return [Finding("dkim", False, "the domain has no signing key", "a key", "`pillarbox domain dns` makes one")]
    return [await _dkim_key(resolver, *key) for key in keys]


async def _dkim_key(resolver: Resolver, name: str, text: str, state: str) -> Finding:
    wanted = dkim.read_record(text.encode()).key
    shown = (await resolver.txt(name)).records
    for record in shown:
        try:
            if dkim.read_record(record).key == wanted:
                return Finding("dkim", True, f"{name} shows our key ({state})")
        except dkim.RecordError:
            continue
    found = f"{name} shows another key" if shown else f"{name} shows nothing"
    return Finding("dkim", False, found, f"{name}. TXT {zone.quoted(text)}", f"{_HOW}; until then it does not sign")


async def dmarc(resolver: Resolver, name: str) -> list[Finding]:
    """The DMARC record: there, and asking for something."""
    should = f"_dmarc.{name}. TXT {zone.quoted(zone.dmarc(name))}"
    texts = (await resolver.txt(f"_dmarc.{name}")).records
    record = dmarc_record.choose(tuple(texts))
    if record is None:
        return [Finding("dmarc", False, f"_dmarc.{name} has no (or more than one) DMARC record", should, _HOW)]
    found = record.text
    if record.p is dmarc_record.Policy.NONE:
        cure = "ask for p=quarantine or p=reject, once the reports show that all your mail passes"
        return [Finding("dmarc", False, found, should, cure)]
    return [Finding("dmarc", True, found)]


async def tlsrpt(resolver: Resolver, name: str) -> list[Finding]:
    """Whether others are told where to report trouble with TLS."""
    should = f"_smtp._tls.{name}. TXT {zone.quoted(zone.tlsrpt(name))}"
    texts = (await resolver.txt(f"_smtp._tls.{name}")).records
    found = [record for record in map(tlsrpt_record.parse, texts) if record is not None]
    if len(found) != 1 or not (found[0].mail or found[0].web):
        return [Finding("tlsrpt", False, "nobody is told where to report trouble with TLS", should, _HOW)]
    return [Finding("tlsrpt", True, f"reports go to {', '.join([*map(str, found[0].mail), *found[0].web])}")]


async def policy(resolver: Resolver, fetcher: Fetcher, name: str, hosts: Sequence[str], ours: str) -> list[Finding]:
    """The MTA-STS policy: announced, served, about the hosts of MX, and enforced. ``ours``: the id of what we serve."""
    should = f"_mta-sts.{name}. TXT {zone.quoted(zone.mta_sts(ours or '20260101'))}"
    version = mta_sts.version_of((await resolver.txt(f"_mta-sts.{name}")).records)
    if version is None:
        cure = f"open a [[listener]] of kind web on port 443 with TLS; {_HOW}"
        return [Finding("mta-sts", False, "no policy is announced", should, cure)]
    try:
        found = mta_sts.read(name, await fetcher.fetch(name))
    except (FetchError, mta_sts.InvalidPolicy) as error:
        return [Finding("mta-sts", False, str(error), "a policy", "is the web listener up, its certificate good?")]
    missing = [host for host in hosts if not found.allows(host)]
    if missing:
        cure = "name them in the policy, then give the record a new id"
        return [Finding("mta-sts", False, f"the policy leaves out {', '.join(missing)}", "all hosts of MX", cure)]
    if ours and version != ours:
        return [Finding("mta-sts", False, f"the record has the id {version}", should, "renew the TXT record")]
    if found.mode is not mta_sts.Mode.ENFORCE:
        cure = 'when the reports are clean: [mta_sts] mode = "enforce", a restart, and the new record'
        return [Finding("mta-sts", None, f"the policy is in mode {found.mode.value}", "enforce", cure)]
    return [Finding("mta-sts", True, f"enforced for {found.max_age // 86_400} days, id {version}")]
