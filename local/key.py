"""``make key``: a new key for ``auth=key``, shown once with its hash for the stack; nothing is stored."""

from __future__ import annotations

import hashlib
import secrets

PREFIX = "hublet_"
"""Tells people and secret scanners what they have found."""
RANDOM_BYTES = 32


def main() -> None:
    """Print the key, its hash, and what to do with each."""
    key = new_key()
    digest = sha256(key)
    print(f"key      {key}")
    print(f"sha256   {digest}\n")
    print("The key is for callers. It is shown this once; keep it where you keep passwords.")
    print("The hash is for the stack, and may be seen by anybody:\n")
    print(f'  make deploy CONTEXT="-c auth=key -c key_sha256={digest}"\n')
    print(
        "To change keys without an interruption, deploy with key_sha256=<old hash>,<new hash>, give callers"
    )
    print("the new key, and deploy with the new hash alone.")


def new_key() -> str:
    """A key of 256 random bits: too many to guess, and so a plain hash of it gives nothing away."""
    return PREFIX + secrets.token_urlsafe(RANDOM_BYTES)


def sha256(key: str) -> str:
    """What the template holds of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


if __name__ == "__main__":
    main()
