"""Which records and senders can there be? Small worlds of names, made by dice: most right, some broken."""

import random
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address

from pillarbox.senderauth.asking import Kind
from pillarbox.senderauth.iprev import unmapped
from senderauth.zone import Zone

DOMAINS = tuple(f"{name}.example.org" for name in ("ann", "bob", "cid", "dot", "eve"))
HOSTS = ("mx1.example.org", "mx2.example.org", "out.ann.example.org", "www.example.net", "v6.example.net")
NOWHERE = ("none.example.org", "gone.example.net")
CLIENTS = ("192.0.2.1", "192.0.2.77", "198.51.100.9", "2001:db8::1", "2001:db8:5::9", "::ffff:192.0.2.1")
NETWORKS4 = ("192.0.2.0", "192.0.2.77", "198.51.100.1")
NETWORKS6 = ("2001:db8::", "2001:DB8::1", "::ffff:192.0.2.1")
LOCALS = ("joe", "strong-bad", "a.b.c", "x+tag", "Joe", "o'neil", "")
HELOS = ("mx1.example.org", "ann.example.org", "gone.example.net", "localhost", "[192.0.2.1]")
MACROS = (
    "%{d}", "%{d2}", "%{d1r}", "%{o}", "%{ir}", "%{i}", "%{l}", "%{l1r-}", "%{lr+-}", "%{v}", "%{h}", "%{s}", "%{p}",
    "%{D}", "%{L}", "%{l9}", "%%", "%_", "%-",
)  # fmt: skip
BROKEN = (
    "moo", "ip4:1.2.3", "ip4:192.0.2.1/33", "ip4:192.0.2.1/032", "ip6:2001:db8::g", "a:museum", "a:1.2.3.4", "include",
    "include:", "exists", "a//129", "all:x", "redirect=", "exp=", "1up=x", "x=%a", "a:%{x}.org", "a:%{d0}.example.org",
    "ptr/24", "exists:x.example.org/24", "mx:example.-org", "a:%{c}.org", "ip4:192.0.2.01", "-", "=", "a:", "A/33",
)  # fmt: skip


@dataclass(slots=True)
class Case:
    """One question: may ``ip`` send for ``sender``, after ``helo``, if DNS is ``zone``? ``records``: by domain."""

    ip: IPv4Address | IPv6Address
    sender: str
    helo: str
    zone: Zone = field(default_factory=Zone)
    records: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        rows = "; ".join(f"{name} {texts}" for name, texts in self.records.items())
        return f"{self.ip} <{self.sender}> helo {self.helo}: {rows}"


def make(seed: int) -> Case:
    """The case of ``seed``."""
    dice = random.Random(seed)
    broken = dice.choice((0, 0, 0, 0.1))
    local, domain = dice.choice(LOCALS), dice.choice(DOMAINS)
    case = Case(
        ip_address(dice.choice(CLIENTS)), "" if dice.random() < 0.1 else f"{local}@{domain}", dice.choice(HELOS)
    )
    _hosts(case, dice)
    for name in DOMAINS:
        for _ in range(dice.choices((1, 0, 2), (60, 2, 1))[0]):
            text = record(dice, broken)
            case.records.setdefault(name, []).append(text)
            case.zone.add(name, "TXT", text)
        if dice.random() < 0.2:
            case.zone.add(name, "TXT", "unrelated \xff")
    for name in ("why.example.org", "joe.why.example.org"):
        case.zone.add(
            name, "TXT", dice.choice(("No.", "%{i} is not for %{s}", "see http://%{d}/%{L}?%{p}", "50%", "\xe9"))
        )
    return case


def record(dice: random.Random, broken: float) -> str:
    """One SPF record."""
    terms = [term(dice, broken) for _ in range(dice.choices((0, 1, 2, 3, 4, 6, 14), (1, 2, 4, 4, 3, 2, 1))[0])]
    if dice.random() < 0.7:
        terms.append(dice.choice("-~?+") + "all")
    if dice.random() < 0.15:
        terms.insert(dice.randint(0, len(terms)), "redirect=" + target(dice))
    if dice.random() < 0.4:
        terms.insert(
            dice.randint(0, len(terms)),
            "exp=" + dice.choice(("why.example.org", "%{l}.why.example.org", "gone.example.net")),
        )
    gap = "  " if dice.random() < 0.05 else " "
    return dice.choices(("v=spf1", "V=SPF1", "v=spf10"), (60, 2, 1))[0] + "".join(gap + each for each in terms)


def term(dice: random.Random, broken: float) -> str:
    """One term, without ``all``, ``redirect`` and ``exp``."""
    if dice.random() < broken:
        return dice.choice(BROKEN)
    dual = dice.choices(("", "/24", "/0", "//64", "/24//32", "//0"), (12, 2, 1, 1, 1, 1))[0]
    mechanisms = (
        f"include:{target(dice, DOMAINS)}",
        f"a{dual}",
        f"a:{target(dice)}{dual}",
        f"mx{dual}",
        f"mx:{target(dice)}{dual}",
        dice.choice(("ptr", f"ptr:{target(dice)}", "ptr:example.org")),
        f"exists:{target(dice)}",
        "ip4:" + dice.choice(NETWORKS4) + dice.choice(("", "/24", "/32", "/0")),
        "ip6:" + dice.choice(NETWORKS6) + dice.choice(("", "/32", "/128", "/0")),
    )
    number = dice.randrange(len(mechanisms) + 1)
    if number == len(mechanisms):
        return f"{dice.choice(('op', 'x-y_z.1', 'rate'))}={dice.choice(('', 'a.b', '%{d}', '%{i}:x', '-'))}"
    return dice.choice(("", "", "", "+", "-", "~", "?")) + mechanisms[number]


def target(dice: random.Random, names: tuple[str, ...] = DOMAINS + HOSTS + NOWHERE) -> str:
    """A domain-spec."""
    if dice.random() < (0.9 if names is DOMAINS else 0.7):
        return dice.choice(names) + dice.choices(("", "."), (30, 1))[0]
    return dice.choice(MACROS) + dice.choice((".example.org", ".%{d}", "._x.%{o}", ".example.net", ""))


def _hosts(case: Case, dice: random.Random) -> None:
    """Addresses, exchangers and names of addresses; some that nobody answers for."""
    zone = case.zone
    for name in DOMAINS + HOSTS:
        for client in dice.sample(CLIENTS[:5], dice.choice((0, 1, 1, 2))):
            zone.add(name, "A" if "." in client else "AAAA", client)
        if dice.random() < 0.4:
            for _ in range(dice.choice((1, 2, 3, 11) if dice.random() < 0.2 else (1, 2))):
                zone.add(name, "MX", (dice.randint(0, 20), dice.choice(HOSTS + NOWHERE)))
        if dice.random() < 0.03:
            zone.silent.update((name, kind) for kind in (Kind.A, Kind.AAAA, Kind.MX))
    if dice.random() < 0.7:
        reverse = unmapped(case.ip).reverse_pointer
        for name in dice.sample(DOMAINS + HOSTS + NOWHERE, dice.choice((1, 1, 2, 3))):
            zone.add(reverse, "PTR", name)
