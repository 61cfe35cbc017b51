"""Which commands are there? Each noun has its own module; this puts them together and runs one."""

from collections.abc import Sequence

import typer

from . import (
    cli_alias,
    cli_certificate,
    cli_config,
    cli_domain,
    cli_domain_dns,
    cli_domain_keys,
    cli_messages,
    cli_queue,
    cli_route,
    cli_server,
    cli_store,
    cli_transfer,
    cli_user,
)
from .cli_options import group
from .output import say
from .trouble import Exit, Trouble

# click's ClickException, in whichever package this version of typer keeps it: BadParameter < UsageError < that.
_MISUSE: type[Exception] = typer.BadParameter.__mro__[2]

HELP = """The e-mail server that explains itself.

Without a command it starts in try-out mode: everything on this machine, nothing leaves it, every recipient lands in
one inbox. For a server: `pillarbox init DIR --hostname NAME`, then `pillarbox run --data DIR`.
"""


def build() -> typer.Typer:
    """All commands."""
    app = group(HELP)
    for module in (cli_server, cli_messages, cli_store):
        for name, command in module.COMMANDS.items():
            app.command(name)(command)
    for name, nouns in {
        "queue": cli_queue.app,
        "user": cli_user.app,
        "domain": cli_domain.app,
        "alias": cli_alias.app,
        "route": cli_route.app,
        "certificate": cli_certificate.app,
        "config": cli_config.app,
        "import": cli_transfer.imports,
        "export": cli_transfer.exports,
    }.items():
        app.add_typer(nouns, name=name)
    for name, command in cli_domain_dns.COMMANDS.items():
        cli_domain.app.command(name)(command)
    cli_domain.app.command("rotate")(cli_domain_keys.rotate)
    return app


def run_command(words: Sequence[str]) -> int:
    """Run the command that ``words`` spell; its exit code."""
    command = typer.main.get_command(build())
    try:
        result = command.main(list(words), prog_name="pillarbox", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except _MISUSE as error:
        return _misused(error)
    return result if isinstance(result, int) else Exit.OK


def _misused(error: Exception) -> int:
    message: str = getattr(error, "format_message", error.__str__)()
    if type(error).__name__ == "NoArgsIsHelpError":  # its message is the help itself
        say(message)
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "pillarbox"
    raise Trouble(f"`{path}`: the command was not understood", message, f"see `{path} --help`", Exit.USAGE) from None
