"""How much memory a prompt and its answer take besides the model, so that what does not fit is refused."""

from __future__ import annotations

from inference.errors import InvalidField

READ_BYTES = 110
"""Of a prompt's token while it is read, for each number of a hidden state: a layer reads all of them at once.

Measured with the sizes of Qwen2.5-0.5B in fp32, on 512 to 2,048 tokens: 91.
"""


def check(prompt: int, most: int, width: int, token_bytes: int, room_bytes: float) -> None:
    """Raises :class:`InvalidField` where ``prompt`` tokens, and ``most`` with the answer, do not fit.

    ``width``: numbers of a hidden state; ``token_bytes``: keys and values of one token in all layers.
    """
    needed_bytes = prompt * width * READ_BYTES + most * token_bytes
    if needed_bytes > room_bytes:
        needed_mb, left_mb = needed_bytes / 1e6, room_bytes / 1e6
        problem = (
            f"{prompt:,} tokens to read and {most - prompt:,} to write take {needed_mb:,.0f} MB, and "
            f"this function has {left_mb:,.0f} MB left for them: send less text, ask for fewer "
            "tokens, or give the function more memory"
        )
        raise InvalidField("inputs", problem)
