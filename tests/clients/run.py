"""``make clients``: every client, asked for everything, against the local cloud."""

from __future__ import annotations

import argparse
import sys

from tests.clients.asking import ask, is_installed
from tests.clients.catalog import CLIENTS, Client
from tests.clients.python.curl import ORIGIN
from tests.clients.table import clients_table, rows_table
from tests.support.paths import ROOT
from tests.support.served import serve, synth

BUILD = ROOT / "build"
DOCUMENT = ROOT / "docs/clients.md"
BEGIN, END = "<!-- make clients DOCUMENTS=1 -->", "<!-- end of make clients -->"


def main() -> int:
    """Ask, print a table, and name what failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.run", description=__doc__)
    parser.add_argument(
        "--clients", default="", help="files of tests/clients, with commas between; all without"
    )
    parser.add_argument("--documents", action="store_true", help="write docs/clients.md")
    parser.add_argument("--url", help="of a local cloud that runs already; without it one is started")
    arguments = parser.parse_args()
    wanted = set(filter(None, arguments.clients.split(",")))
    clients = [client for client in CLIENTS if not wanted or client.module in wanted]
    if missing := [client.title for client in clients if not is_installed(client)]:
        print(f"not installed: {', '.join(missing)}; make clients installs them", file=sys.stderr)
        return 2
    if arguments.url:
        return _ask(clients, arguments.url, arguments.documents)
    template = synth(ROOT, BUILD / "clients.out", "-c", f"cors_origins={ORIGIN}")
    with serve(
        "--template", str(template), "--hub", "embedded", "--cache", str(BUILD / "clients-cache")
    ) as served:
        return _ask(clients, served.url, arguments.documents)


def _ask(clients: list[Client], url: str, writes_documents: bool) -> int:
    outcomes = []
    for client in clients:
        came = ask(client, url)
        outcomes += came
        for each in came:
            state = "right" if each.error is None else (each.error.splitlines() or ["failed"])[0][:200]
            print(f"{client.title:40} {each.name:14} {each.took_s:7.2f} s  {state}", flush=True)
    table, rows = clients_table(outcomes), rows_table(outcomes)
    print(f"\n{table}\n\n{rows}\n")
    if writes_documents:
        _write(f"{table}\n\n{rows}")
    wrong = [each for each in outcomes if not each.is_right]
    for each in wrong:
        said = each.error or f"works, though it is excepted: {each.reason}"
        print(f"--- {each.client.title}: {each.name}: {said}\n{each.log[-3000:]}", file=sys.stderr)
    right = len(outcomes) - len(wrong)
    print(f"{right} of {len(outcomes)} as expected, {len(clients)} clients")
    return 1 if wrong else 0


def _write(tables: str) -> None:
    before, _, rest = DOCUMENT.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{tables}\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())
