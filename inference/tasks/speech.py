"""What is said in this recording?"""

from inference.fields import Media
from inference.media.formats import SOUND
from inference.task import Example, Model, Task, packaged
from inference.tasks._speech import PARAMETERS

TASK = Task(
    name="speech",
    pipeline_tag="automatic-speech-recognition",
    summary="Writes down what a recording says.",
    model=Model("openai/whisper-tiny"),
    alternatives=(Model("openai/whisper-base"), Model("openai/whisper-small")),
    inputs=Media("inputs", "A recording as base64 or raw bytes.", "audio", SOUND),
    parameters=PARAMETERS,
    aliases=("audio",),
    examples=(
        Example("A spoken sentence", {"inputs": packaged("sentence.ogg")}),
        Example(
            "With times", {"inputs": packaged("sentence.ogg"), "parameters": {"return_timestamps": True}}
        ),
        Example(
            "Word by word", {"inputs": packaged("sentence.ogg"), "parameters": {"return_timestamps": "word"}}
        ),
    ),
    memory_mb=3538,
    timeout_s=300,
)
