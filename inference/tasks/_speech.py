"""Parameters of speech recognition, in the words of the Hub and of Whisper."""

from inference.fields import Choice, Field, FlagOrWord, Group, Integer, Number, Text
from inference.tasks._generation import BEAMS, LONGEST, SAMPLING

TIMES = FlagOrWord(
    "return_timestamps", "Whether each phrase, or each word, comes with its times in seconds.", "word"
)
LANGUAGE = Text("language", "The recording's language, like en; found by listening by default.", max_chars=40)
JOB = Choice("task", "Write what is said, or write it in English.", ("transcribe", "translate"))
TEMPERATURE = Number(
    "temperature",
    "How bold: 0 takes the likeliest token; above, tokens are drawn.",
    minimum=0.0,
    maximum=10.0,
)
SEARCHED = tuple(TEMPERATURE if field.name == "temperature" else field for field in SAMPLING)

PARAMETERS: tuple[Field, ...] = (
    TIMES,
    LANGUAGE,
    JOB,
    TEMPERATURE,
    Text("prompt", "Words that may come, as they are to be spelled.", max_chars=2_000),
    Integer(
        "chunk_length_s",
        "Changes nothing: windows are 30 s long.",
        minimum=0,
        maximum=30,
        multiple_of=30,
    ),
    Group("generation_parameters", "How the text is searched for.", (*LONGEST, *BEAMS, *SEARCHED)),
    Group(
        "generate_kwargs",
        "The same parameters in an object, as transformers' pipeline takes them.",
        (TIMES, LANGUAGE, JOB, *LONGEST, *BEAMS, *SEARCHED),
    ),
)
