"""``make options``: prints the table of context keys, or writes it into the document that has it."""

from __future__ import annotations

import argparse
from pathlib import Path

from stacks.options.table import find_document, make_table, renew

ROOT = Path(__file__).parents[2]


def main() -> None:
    """What the Makefile runs."""
    parser = argparse.ArgumentParser(prog="python -m stacks.options", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the table into its document")
    if parser.parse_args().write:
        document = find_document(ROOT)
        document.write_text(renew(document, ROOT))
    else:
        print(make_table(), end="")


if __name__ == "__main__":
    main()
