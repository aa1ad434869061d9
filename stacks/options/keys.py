"""Every context key, declared once: what checks it, what the document says of it, and its default."""

from __future__ import annotations

import re

from inference.settings import (
    DEFAULT_HUB,
    DEFAULT_NAMESPACE,
    LABEL_OF_MODEL,
    LAMBDA_MEMORY_MB,
    LAMBDA_TIMEOUT_S,
    MEMORY_PER_VCPU_MB,
    MODEL_ID,
    MOST_KEYS,
    PRECISIONS,
    REVISION,
    SECRET_ARN,
    SHA256,
)
from inference.task import IMAGES
from stacks.options.kinds import Address, Choice, CommaList, Flag, Key, Pairs, Pattern, TaskNames, WholeNumber

NEW_NETWORK = ("relay", "nat", "none")
EXISTING_NETWORK = ("vpc", "none")
"""The ways out that can be chosen: of a network that the stack makes, and of one that is there."""

DEFAULT_ZONES = 2
MOST_ZONES = 6
"""As many as the largest region has."""
MOST_SUBNETS = 16
"""Of one function (Lambda API reference, ``VpcConfig``)."""
MOST_TAGS = 40
"""AWS allows 50 on a resource; the others are the project's, CloudFormation's and the owners'."""
MOST_CONCURRENT = 100_000
"""Far above any account's quota; it only stops numbers that were typed wrong."""

INFREQUENT_DAYS = (1, 7, 14, 30, 60, 90)
"""What EFS accepts and the CDK has a name for (EFS API reference, ``LifecyclePolicy``)."""

# What CloudWatch Logs accepts (API reference, PutRetentionPolicy).
LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)

HOST = r"https?://[A-Za-z0-9.-]+"
LABEL = r"[A-Za-z0-9](-?[A-Za-z0-9])*"

NAME = Pattern(
    name="name",
    default=DEFAULT_NAMESPACE,
    pattern=r"[A-Za-z](-?[A-Za-z0-9])*",
    must="look like Hublet or My-Models",
    example="My-Models",
    effect="Names the stack, and begins the name of every function.",
)
TASKS = TaskNames(
    name="tasks", default="all", example="sentiment,spam", effect="Chooses the functions to make."
)
EGRESS = Choice(
    name="egress",
    default_note="`relay`; with `vpc_id`: `vpc`",
    allowed=NEW_NETWORK,
    values_note="`relay`, `nat`, `none`; with `vpc_id`: `vpc`, `none`",
    example="none",
    effect="Chooses the way to the Hub ([which, and why](docs/decisions/0001-egress.md)); `relay` is free "
    "when nobody calls, and closes the functions to the internet ([how](docs/decisions/0007-relay.md)); "
    "`vpc` takes the existing network's own.",
)
ARTIFACT_DAYS = WholeNumber(
    name="artifact_days",
    default=1,
    low=1,
    high=365,
    unit="days",
    example="30",
    effect="Decides when copies of models in the bucket expire, with `egress=relay`; "
    "the cache keeps its own.",
)
FACTORY_MEMORY = WholeNumber(
    name="factory_memory",
    default=4 * MEMORY_PER_VCPU_MB,
    low=MEMORY_PER_VCPU_MB,
    high=LAMBDA_MEMORY_MB[1],
    unit="MB",
    example="10240",
    effect="Sets the memory of the function that prepares models, with `egress=relay`.",
)
BATCH = Flag(
    name="batch",
    effect="Makes a state machine for [batch over files](docs/batch.md), with `egress=relay`; "
    "it is free when nothing runs.",
)
BATCH_CONCURRENCY = WholeNumber(
    name="batch_concurrency",
    default=8,
    low=1,
    high=1_000,
    unit="batches",
    example="100",
    effect="Limits how many batches of a file run at once, with `batch=true`; "
    "an account may have a quota of 10 calls at once.",
)
AUTH = Choice(
    name="auth",
    default="iam",
    allowed=("iam", "key", "none"),
    example="iam",
    effect="Decides who may call the URLs; `none` also needs `i_accept_public=true`.",
)
I_ACCEPT_PUBLIC = Flag(
    name="i_accept_public", effect="Confirms that with `auth=none` anybody may call at your cost."
)
KEY_SHA256 = CommaList(
    name="key_sha256",
    item=SHA256,
    must="be one SHA-256 in hexadecimal (64 digits), or two with a comma between",
    most=MOST_KEYS,
    is_lowered=True,
    if_secret="if it was a key, make a new one with `make key`: a command line is no place for a key",
    example="0123456789abcdef" * 4,
    values_note="one or two SHA-256 with a comma between",
    effect="Names the keys that open the URLs with `auth=key`; `make key` makes a key and its hash.",
)
HF_TOKEN_SECRET_ARN = Pattern(
    name="hf_token_secret_arn",
    pattern=SECRET_ARN,
    must="be the full ARN of a Secrets Manager secret, with the six characters at its end",
    if_secret="if it was a token, revoke it",
    example="arn:aws:secretsmanager:us-east-1:123456789012:secret:hub/token-AbCd12",
    values_note="the full ARN of a Secrets Manager secret",
    effect="Says where the Hub token for [gated models](docs/operations.md#gated-models) is.",
)
UNLIMITED = "unlimited"
OPEN_CONCURRENCY = Pattern(
    name="open_concurrency",
    default="10",
    pattern=rf"{UNLIMITED}|[1-9]\d{{0,4}}",
    must=f"be {UNLIMITED}, or a whole number from 1 to 99999",
    example="50",
    values_note=f"a whole number, or `{UNLIMITED}`",
    effect="Limits how many calls of one function run at once where AWS lets everybody in, "
    "with `auth=key` or `none`; `<task>.reserved_concurrency` goes before it.",
)
CORS_ORIGINS = CommaList(
    name="cors_origins",
    item=rf"{HOST}(:\d+)?",
    must="be a comma list of origins like https://example.com ('*' is not accepted)",
    example="https://example.com",
    values_note="origins like `https://example.com`, with commas between",
    effect="Lists the web pages that may call the URLs.",
)
STREAMING = Choice(
    name="streaming",
    default="url",
    allowed=("url", "off"),
    example="off",
    effect="Decides whether the URLs of functions that write text send it as it comes "
    "([why](docs/decisions/0008-streaming.md)); with `off` an answer comes when it is whole.",
)
ARCHITECTURE = Choice(
    name="architecture",
    default="x86_64",
    allowed=("x86_64", "arm64"),
    example="arm64",
    effect="Chooses the processor of all functions.",
)
EFS_THROUGHPUT = Choice(
    name="efs_throughput",
    default="bursting",
    allowed=("bursting", "elastic"),
    example="elastic",
    effect="Chooses how EFS bills for reading.",
)
INFREQUENT_AFTER_DAYS = Choice(
    name="infrequent_after_days",
    default=1,
    allowed=INFREQUENT_DAYS,
    example="30",
    effect="Decides when EFS moves a model that nobody loads to its class for infrequent access; the next "
    "load reads it there, and brings it back ([what it saves](docs/costs.md#what-changes-the-price)).",
)
LOG_RETENTION = Choice(
    name="log_retention_days",
    default=14,
    allowed=LOG_RETENTION_DAYS,
    values_note="a period that CloudWatch Logs has, from 1 to 3653 days",
    example="30",
    effect="Decides when logs expire.",
)
KEEP_CACHE = Flag(name="keep_cache", effect="Keeps the model cache when the stack is destroyed.")
HUB_URL = Address(
    name="hub_url",
    default=DEFAULT_HUB,
    pattern=rf"{HOST}(:[1-9]\d{{0,4}})?(/[\w./-]*)?",
    example=DEFAULT_HUB,
    values_note="the URL of the Hub or of a mirror",
    effect="Says where models come from.",
)
I_ACCEPT_PLAIN_HTTP = Flag(
    name="i_accept_plain_http",
    effect="Confirms that with a `hub_url` of plain HTTP anybody on the way can exchange models that "
    "`models.lock.json` does not pin by their files.",
)
ALTERNATIVES = Flag(
    name="alternatives",
    default=True,
    allowed=(True, False),
    example="false",
    effect="Lets a call choose another of the models that a task lists; `false` leaves the default alone, "
    "so no call makes another model be prepared.",
)
PROMPT_CACHING = Flag(
    name="prompt_caching",
    default=True,
    allowed=(True, False),
    example="false",
    effect="Has `chat` read only what is new of a conversation that it has just answered "
    "([how](docs/decisions/0008-streaming.md#the-second-turn)). Answers are the same; only their time "
    "shows that another call began alike, which `false` prevents.",
)
PRECISION = Choice(
    name="precision",
    default=PRECISIONS[0],
    allowed=PRECISIONS,
    example="fp32",
    effect="`auto` takes the fastest form of a model that proves itself against fp32; the others force one.",
)
TRACING = Flag(
    name="tracing", effect="Sends X-Ray traces: 5 USD per million after the first 100,000 a month."
)
DASHBOARD = Flag(name="dashboard", effect="Makes a CloudWatch dashboard, one row a function: 3 USD a month.")
ALARM_EMAIL = Pattern(
    name="alarm_email",
    pattern=rf"[\w.+-]{{1,64}}@{LABEL}(\.{LABEL})+",
    example="someone@example.com",
    values_note="one address",
    effect="Sends alarms on errors, throttles, slow calls, failed preparations and a slow cache: "
    "9.80 USD a month for all functions.",
)
PREFETCH = Flag(
    name="prefetch",
    effect="Gets models ready during a deployment; callers get a changed function "
    "[only when it is ready](docs/operations.md#updates-and-rollbacks).",
)
ON_FAILURE_ARN = Pattern(
    name="on_failure_arn",
    pattern=r"arn:aws[a-z-]*:(sqs|sns|lambda|events):[a-z0-9-]+:\d{12}:(?!.*\.fifo$)[\w:/.-]+",
    must="be the ARN of an SQS queue, an SNS topic, a Lambda function or an EventBridge bus, "
    "none of them FIFO",
    example="arn:aws:sqs:us-east-1:123456789012:failed-events",
    values_note="the ARN of a queue, topic, function or event bus",
    effect="Sends asynchronous events that failed to this place.",
)
MAX_EVENT_AGE = WholeNumber(
    name="max_event_age",
    default=3600,
    low=60,
    high=21_600,
    unit="seconds",
    example="600",
    effect="Limits how long an asynchronous event waits for its turn.",
)
VPC_ID = Pattern(
    name="vpc_id",
    pattern=r"vpc-[0-9a-f]{8,17}",
    example="vpc-0123456789abcdef0",
    effect="Puts the functions in an existing VPC in place of one of our own; needs `subnet_ids`.",
)
SUBNET_IDS = CommaList(
    name="subnet_ids",
    item=r"subnet-[0-9a-f]{8,17}",
    must="be a comma list like subnet-0123456789abcdef0, one in each availability zone",
    most=MOST_SUBNETS,
    too_many=f"may have at most {MOST_SUBNETS} subnets, as Lambda allows",
    example="subnet-0123456789abcdef0",
    values_note="subnets of that VPC with commas between, one in each availability zone",
    effect="Says where in the VPC the functions and the cache stand; needs `vpc_id`.",
)
AVAILABILITY_ZONES = CommaList(
    name="availability_zones",
    default=DEFAULT_ZONES,
    item=r"[a-z]{2}(-[a-z]+)+-\d[a-z]",
    alone=f"[1-{MOST_ZONES}]",
    must=f"be a number from 1 to {MOST_ZONES}, or a comma list like us-east-1a,us-east-1b",
    example="us-east-1a,us-east-1b",
    values_note=f"a number from 1 to {MOST_ZONES}, or names of zones with commas between",
    effect="Chooses the zones of a network of our own; a number takes the region's first ones.",
)
PERMISSIONS_BOUNDARY = Pattern(
    name="permissions_boundary",
    pattern=r"arn:aws[a-z-]*:iam::(\d{12}|aws):policy/[\w+=,.@/-]{1,512}",
    example="arn:aws:iam::123456789012:policy/boundary",
    values_note="the ARN of a policy",
    effect="Bounds every role of the stack.",
)
QUALIFIER = Pattern(
    name="qualifier",
    pattern=r"[A-Za-z0-9_-]{1,10}",
    must="look like team1, with at most 10 letters and digits",
    example="team1",
    values_note="that of `cdk bootstrap --qualifier`",
    effect="Chooses the bootstrap stack to deploy through.",
)
TAGS = Pairs(
    name="tags",
    first=re.compile(r"(?!aws:)[\w .:/+@-]{1,128}", re.IGNORECASE),
    second=re.compile(r"[\w .:/=+@-]{0,256}"),
    must="look like key=value,key=value, with letters, digits, spaces and _.:/+@- , and no key that "
    "begins with aws:",
    most=MOST_TAGS,
    too_many=f"may have at most {MOST_TAGS} tags; AWS allows 50 on a resource in all",
    example="team=search,cost center=42",
    effect="Tags everything that can carry tags.",
)

FLOW_LOGS = Flag(
    name="flow_logs",
    effect="Logs who speaks with whom in a network of the stack's own; CloudWatch bills by the GB.",
)
EMPTY_DEFAULT_GROUP = Flag(
    name="empty_default_group",
    effect="Empties the security group that every VPC comes with, and that nothing here uses; "
    "a function of the CDK's does it, whose log stays when the stack goes.",
)
KMS_KEY_ARN = Pattern(
    name="kms_key_arn",
    pattern=r"arn:aws(-\w+)*:kms:[\w-]+:\d{12}:key/[\w-]+",
    must="be the ARN of a KMS key, not of an alias",
    example="arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef",
    values_note="the ARN of a KMS key",
    effect="Encrypts cache, bucket and logs with a key of yours, "
    "[whose policy must let CloudWatch Logs use it](docs/operations.md#a-key-of-your-own).",
)

KEYS: tuple[Key, ...] = (
    *(
        NAME,
        TASKS,
        EGRESS,
        ARTIFACT_DAYS,
        FACTORY_MEMORY,
        BATCH,
        BATCH_CONCURRENCY,
        AUTH,
        I_ACCEPT_PUBLIC,
        KEY_SHA256,
        OPEN_CONCURRENCY,
        HF_TOKEN_SECRET_ARN,
        CORS_ORIGINS,
        STREAMING,
    ),
    *(
        ARCHITECTURE,
        EFS_THROUGHPUT,
        INFREQUENT_AFTER_DAYS,
        LOG_RETENTION,
        KEEP_CACHE,
        HUB_URL,
        I_ACCEPT_PLAIN_HTTP,
        ALTERNATIVES,
        PROMPT_CACHING,
        PRECISION,
    ),
    *(TRACING, DASHBOARD),
    *(ALARM_EMAIL, PREFETCH, ON_FAILURE_ARN, MAX_EVENT_AGE, VPC_ID, SUBNET_IDS, AVAILABILITY_ZONES),
    *(FLOW_LOGS, EMPTY_DEFAULT_GROUP, KMS_KEY_ARN, PERMISSIONS_BOUNDARY, QUALIFIER, TAGS),
)
"""Of the whole stack, in the order of the document and of ``cdk.json``."""

DECLARED_BY_TASK = "the task's own"

MODEL = Pattern(
    name="model",
    default_note=DECLARED_BY_TASK,
    pattern=MODEL_ID,
    example="owner/model",
    effect="Answers with another model from the Hub.",
)
MODEL_REVISION = Pattern(
    name="revision",
    default_note=f"{DECLARED_BY_TASK}; `main` with another model",
    pattern=REVISION,
    must="look like a commit, tag or branch",
    example="v1.0",
    values_note="a commit, tag or branch",
    effect="Pins the model to one state of its repository.",
)
PICKLE_WEIGHTS = Flag(
    name="pickle_weights",
    effect="Allows a model that has a pickle file in place of safetensors; "
    "[only for an owner you trust](docs/decisions/0005-callers.md).",
)
MEMORY = WholeNumber(
    name="memory",
    default_note=DECLARED_BY_TASK,
    low=LAMBDA_MEMORY_MB[0],
    high=LAMBDA_MEMORY_MB[1],
    unit="MB",
    example="3538",
    effect="Sets the function's memory, and with it its share of processors.",
)
TIMEOUT = WholeNumber(
    name="timeout",
    default_note=DECLARED_BY_TASK,
    low=LAMBDA_TIMEOUT_S[0],
    high=LAMBDA_TIMEOUT_S[1],
    unit="seconds",
    example="900",
    effect="Ends a call that takes longer.",
)
IMAGE = Pattern(
    name="image",
    default_note=DECLARED_BY_TASK,
    pattern="|".join(IMAGES),
    must=f"be one of {', '.join(IMAGES)}",
    example="full",
    values_note=", ".join(f"`{image}`" for image in IMAGES),
    effect="Chooses the function's [image](docs/decisions/0002-one-image.md), with `egress=relay` only; "
    "`serve` has no torch, `full` runs every model.",
)
STORAGE = WholeNumber(
    name="storage",
    default_note="`512`",
    low=512,
    high=10_240,
    unit="MB",
    example="2048",
    effect="Sets the size of `/tmp`; what is beyond 512 MB costs a little.",
)
RESERVED_CONCURRENCY = WholeNumber(
    name="reserved_concurrency",
    low=0,
    high=MOST_CONCURRENT,
    example="2",
    effect="Limits how many calls run at once; `0` stops the function.",
)
PROVISIONED_CONCURRENCY = WholeNumber(
    name="provisioned_concurrency",
    low=1,
    high=MOST_CONCURRENT,
    example="1",
    effect="Keeps so many environments ready, and paid for, called or not: "
    "18.92 USD a month for each with 1,769 MB.",
)

FLAGGED_LABELS = CommaList(
    name="flagged_labels",
    item=LABEL_OF_MODEL,
    must="be labels of the model with commas between, of 100 characters at most",
    example="toxic,obscene",
    values_note="labels of the model, with commas between",
    effect="Names the labels that [`/v1/moderations`](docs/api.md#moderations) flags; "
    "for tasks that classify texts.",
)

TASK_KEYS: tuple[Key, ...] = (
    MODEL,
    MODEL_REVISION,
    PICKLE_WEIGHTS,
    MEMORY,
    TIMEOUT,
    IMAGE,
    STORAGE,
    RESERVED_CONCURRENCY,
    PROVISIONED_CONCURRENCY,
    FLAGGED_LABELS,
)
"""Of one task each, given as ``<task>.<key>``."""
