"""What is said in this recording?"""

from inference.fields import Flag, Group, Media, Text
from inference.media.formats import SOUND
from inference.task import Example, Model, Task, packaged
from inference.tasks._generation import BEAMS, LONGEST, SAMPLING

TASK = Task(
    name="speech",
    pipeline_tag="automatic-speech-recognition",
    summary="Writes down what a recording says.",
    model=Model("openai/whisper-tiny"),
    alternatives=(Model("openai/whisper-base"), Model("openai/whisper-small")),
    inputs=Media("inputs", "A recording as base64 or raw bytes.", "audio", SOUND),
    parameters=(
        Flag("return_timestamps", "Whether each phrase comes with its times in seconds."),
        Text("language", "The recording's language, like en; found by listening by default.", max_chars=40),
        Group("generation_parameters", "How the text is searched for.", (*LONGEST, *BEAMS, *SAMPLING)),
    ),
    aliases=("audio",),
    examples=(
        Example("A spoken sentence", {"inputs": packaged("sentence.ogg")}),
        Example(
            "With times", {"inputs": packaged("sentence.ogg"), "parameters": {"return_timestamps": True}}
        ),
    ),
    memory_mb=3538,
    timeout_s=300,
)
