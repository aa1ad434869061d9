"""``python -m local.commands.with_words 'MORE WORDS'... -- COMMAND``: a command with more words at its end.

The words come from a variable of make. They are split as a shell splits them, and nothing else of a shell
happens: no command in them is run, and no variable is read.
"""

from __future__ import annotations

import os
import shlex
import sys


def main(arguments: list[str]) -> None:
    """Become the command; exits with a sentence for words that cannot be split."""
    several, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    try:
        words = [word for each in several for word in shlex.split(each)]
    except ValueError as error:
        sys.exit(f"make: {' '.join(several)}: {error}")
    try:
        os.execvp(command[0], [*command, *words])
    except OSError as error:
        sys.exit(f"make: {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
