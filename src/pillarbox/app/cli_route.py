"""`pillarbox route`: where does mail go that is not for us?"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from pillarbox.accounts.names import read_address
from pillarbox.mail.route import SmartHost
from pillarbox.store.rows import RouteRow

from . import folders
from .calling import Nudge, ask
from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_store
from .output import Cell, as_json, moment, say, show
from .trouble import Exit, Trouble

app = group(
    "Routes: where mail goes that is not for us. The first that fits decides; those of pillarbox.toml come first."
)


def _record(row: RouteRow) -> dict[str, Cell]:
    return {
        "id": row.id,
        "recipient_domain": row.recipient_domain,
        "sender": row.sender,
        "smart_host": row.smart_host,
        "tls": row.tls,
        "username": row.username,
        "password_file": row.password_file,
    }


@app.command("add")
def add(
    smart_host: Annotated[str, typer.Argument(help='"smtp.isp.example:587", or "mx" for the domain\'s own hosts.')],
    data: Data = None,
    recipient_domain: Annotated[str, typer.Option(help='"example.org", "*.example.org" or "*".')] = "*",
    sender: Annotated[str, typer.Option(help='"user@example.org", "@example.org" or "*".')] = "*",
    tls: Annotated[
        Literal["none", "opportunistic", "starttls", "implicit"] | None,
        typer.Option(help="Default: starttls when a password goes to another machine, else opportunistic."),
    ] = None,
    username: Annotated[str | None, typer.Option(help="The name to sign in with there.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File whose first line is the password.")] = None,
    json: Json = False,
) -> None:
    """Add a rule behind the others."""
    rule = _checked(
        {
            "recipient_domain": recipient_domain,
            "sender": sender,
            "smart_host": smart_host,
            "tls": tls,
            "username": username,
            "password_file": password_file.resolve() if password_file else None,
        }
    )

    async def work() -> RouteRow:
        async with open_store(store_folder(data)) as store:
            rule.id = await store.add_route(rule)
            return rule

    row = go(work())
    Nudge(store_folder(data)).wake()
    if json:
        as_json(_record(row))
    else:
        say(f"Route {row.id}: mail from {row.sender} to {row.recipient_domain} goes to {row.smart_host}.")


def _checked(values: dict[str, object]) -> RouteRow:
    from pydantic import ValidationError  # noqa: PLC0415 - only here is it needed, and it is slow to come

    from .settings import Route  # noqa: PLC0415

    try:
        rule = Route.model_validate(values)
    except ValidationError as error:
        why = "; ".join(detail["msg"].removeprefix("Value error, ") for detail in error.errors())
        raise Trouble("this cannot be a route", why, "see `pillarbox route add --help`", Exit.DATA) from None
    password_file = str(rule.password_file) if rule.password_file else None
    return RouteRow(
        0, 0, rule.recipient_domain, rule.sender, rule.smart_host, rule.tls or "", rule.username, password_file
    )


async def _stored(data: Path) -> list[RouteRow]:
    async with open_store(data) as store:
        return await store.routes()


@app.command("ls")
def ls(data: Data = None, json: Json = False) -> None:
    """List the rules: those of pillarbox.toml (which have no number), then the stored ones."""
    from . import config  # noqa: PLC0415 - pydantic is slow to come

    settings = config.load(folders.chosen(data)).settings
    written: list[dict[str, Cell]] = [
        {"id": None, **{name: None if value is None else str(value) for name, value in rule}} for rule in settings.route
    ]
    stored = [_record(row) for row in go(_stored(store_folder(data)))]
    columns = {
        "id": "id",
        "recipient_domain": "mail to",
        "sender": "from",
        "smart_host": "goes to",
        "tls": "tls",
        "username": "as",
    }
    show([*written, *stored], columns, json_lines=json, empty="No routes: all mail goes to its domain's own hosts.")


@app.command("rm")
def rm(number: Annotated[int, typer.Argument(metavar="ID")], data: Data = None) -> None:
    """Remove a stored rule."""

    async def work() -> bool:
        async with open_store(store_folder(data)) as store:
            return await store.remove_route(number)

    if not go(work()):
        raise Trouble(
            f"there is no route {number}", "no stored rule has this number", "see `pillarbox route ls`", Exit.DATA
        )
    Nudge(store_folder(data)).wake()
    say(f"Route {number} is removed.")


@app.command("test")
def which(
    recipient: Annotated[str, typer.Argument(help="A recipient, such as ann@example.org.")],
    data: Data = None,
    sender: Annotated[str, typer.Option("--from", help="The sender; <> for reports.")] = "<>",
    json: Json = False,
) -> None:
    """Say which way mail to a recipient would take, and why. Nothing is sent."""
    from pillarbox.net.clock import SystemClock  # noqa: PLC0415 - together with what follows 0.1 s
    from pillarbox.route.transport import Routes  # noqa: PLC0415

    from . import config, portions  # noqa: PLC0415

    loaded = config.load(folders.chosen(data))

    async def work() -> dict[str, Cell]:
        address = read_address(recipient)
        async with open_store(store_folder(data)) as store:
            if await store.domain(address.ascii_domain) is not None:
                return {
                    "recipient": str(address),
                    "to": "a mailbox here",
                    "why": f"{address.domain} is one of our domains",
                }
            routes = Routes(portions.rules(loaded.settings, loaded.folder), store.routes, SystemClock())
            route = await routes.route("" if sender == "<>" else sender, address.ascii_domain)
            hop = f"{route.host}:{route.port}" if isinstance(route, SmartHost) else f"mail hosts of {address.domain}"
            return {"recipient": str(address), "to": hop, "tls": route.tls.value, "why": route.why}

    found = go(work())
    if json:
        as_json(found)
    else:
        say(f"{found['recipient']} goes to {found['to']}: {found['why']}.")


@app.command("safety")
def safety(
    domain: Annotated[str, typer.Argument(help="A domain, such as example.org.")],
    data: Data = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Its hosts may be sent mail without TLS again, though they once had it.")
    ] = False,
    json: Json = False,
) -> None:
    """Say how safe the way to a domain's mail hosts is: what they publish (DANE, MTA-STS), and what must be so before
    mail goes there. Nothing is sent; asks the running server."""
    found = ask(store_folder(data), "safety", domain=domain.removesuffix("."), forget=forget)
    found.pop("ok", None)
    if json:
        as_json(found)
        return
    signed = "signed with DNSSEC" if found["mail_hosts_signed"] else "not signed (no DNSSEC)"
    policy = found["mta_sts"]
    lines = [] if found["trouble"] else [f"The mail hosts of {domain} are {signed}."]
    if policy is not None:
        lines.append(f"Its MTA-STS policy ({policy['mode']}) names {', '.join(policy['mx'])}.")
    for host in found["hosts"]:
        seen = f" Last reached with TLS: {moment(host['tls_seen'])}." if host["tls_seen"] is not None else ""
        records = f" ({host['tlsa']})" if host["tlsa"] else ""
        lines.append(f"{host['host']}: {host['why']}{records}.{seen}")
    if found["trouble"]:
        lines.append(f"Nothing can be sent to {domain} now: {found['trouble']}.")
    say("\n".join(lines))
