"""``make key``: a new key for ``auth=key``, shown once with its hash for the stack; nothing is stored."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "hublet_"
"""Lets people and secret scanners recognize a key."""
RANDOM_BYTES = 32


MAKE = 'make deploy CONTEXT="-c auth=key -c key_sha256={digest}"'


def main(deploy: str = MAKE) -> None:
    """Print the key and its hash; ``deploy`` is the command that takes the hash, with a place for it."""
    key = new_key()
    digest = sha256(key)
    print(f"key      {key}")
    print(f"sha256   {digest}\n")
    print("The key is for callers. It is shown this once; keep it where you keep passwords.")
    print("The hash is for the stack, and may be seen by anybody:\n")
    print(f"  {deploy.format(digest=digest)}\n")
    print(
        "To change keys without an interruption, deploy with key_sha256=<old hash>,<new hash>, give callers"
    )
    print("the new key, and deploy with the new hash alone.")


def new_key() -> str:
    """A key of 256 random bits. It cannot be guessed, so a plain hash of it is safe to publish."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def sha256(key: str) -> str:
    """The hash of a key, for the template."""
    return hashlib.sha256(key.encode()).hexdigest()


if __name__ == "__main__":
    main()
