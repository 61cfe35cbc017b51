"""`mailq`: what waits? As Postfix prints it, and with --json as `postqueue -j` does: scripts read both.

The running server is asked, because that is quick; without one the store is read.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from . import calling, folders
from .trouble import Exit

Record: TypeAlias = dict[str, Any]  # a message as ``waiting.record`` gives it, through JSON

_HEAD = "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
# Postfix marks messages in delivery and those held.
_MARK = {"active": "*", "held": "!"}
_QUEUE = {"active": "active", "held": "hold"}


def parser() -> argparse.ArgumentParser:
    """The options."""
    options = argparse.ArgumentParser("mailq", description="List the messages that wait.")
    options.add_argument("--data", metavar="DIR", help="the server's folder")
    options.add_argument("--json", "-j", action="store_true", help="one JSON object a line, as postqueue -j")
    return options


def mailq(words: Sequence[str], data: Path | None = None) -> int:
    """Print the queue; the exit code."""
    given, _old = parser().parse_known_args(list(words))
    folder = data or folders.store_of(folders.chosen(given.data))
    records = _records(folder)
    if given.json:
        for record in records:
            sys.stdout.write(json.dumps(_as_postqueue(record)) + "\n")
        return Exit.OK
    _print(records)
    return Exit.OK


def _records(data: Path) -> Iterator[Record]:
    try:
        answer = calling.ask(data, "queue", after=0)
    except calling.NotRunning:
        from .offline_queue import read  # noqa: PLC0415 - asyncio and the store take their time

        yield from read(data)
        return
    yield from answer["messages"]
    while answer["after"]:
        answer = calling.ask(data, "queue", after=answer["after"])
        yield from answer["messages"]


def _print(records: Iterator[Record]) -> None:
    octets = count = 0
    for record in records:
        if not count:
            sys.stdout.write(_HEAD)
        count += 1
        octets += int(record["size"])
        sys.stdout.write(_lines(record))
    if not count:
        sys.stdout.write("Mail queue is empty\n")
    else:
        plural = "" if count == 1 else "s"
        sys.stdout.write(f"-- {octets // 1024} Kbytes in {count} Request{plural}.\n")


def _lines(record: Record) -> str:
    name = record["id"] + _MARK.get(record["state"], " ")
    arrived = time.strftime("%a %b %d %H:%M:%S", time.localtime(record["arrived"]))
    lines = [f"{name:<13}{record['size']:>7} {arrived:>20}  {_safe(record['sender']) or 'MAILER-DAEMON'}\n"]
    said = ""
    for detail in record["details"]:
        if detail["last_reply"] != said:
            said = detail["last_reply"]
            lines.append(f"{'(' + _safe(said) + ')':>76}\n" if said else "")
        lines.append(f"{'':41} {_safe(detail['recipient'])}\n")
    return "".join([*lines, "\n"])


def _safe(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def _as_postqueue(record: Record) -> Record:
    return {
        "queue_name": _QUEUE.get(record["state"], "deferred" if record["attempts"] else "incoming"),
        "queue_id": record["id"],
        "arrival_time": int(record["arrived"]),
        "message_size": record["size"],
        "forced_expire": False,
        "sender": record["sender"] or "MAILER-DAEMON",
        "recipients": [
            {"address": detail["recipient"], **({"delay_reason": detail["last_reply"]} if detail["last_reply"] else {})}
            for detail in record["details"]
        ],
    }
