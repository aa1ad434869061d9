"""Short lives of other stacks, by ``make`` and with no terminal, through a bootstrap stack of one's own."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.aws.account import INSTALLED, Account, account
from tests.support.aws.declared import BROUGHT_BY_VPC, check_all_is_there
from tests.support.aws.inventory import added
from tests.support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(300)

QUALIFIER = "team1"
ALWAYS = (f"qualifier={QUALIFIER}", "tasks=spam", "name=Second")


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account with a bootstrap stack that has a qualifier, and no other."""
    bootstrap = ("--qualifier", QUALIFIER, "--toolkit-stack-name", "Team1Toolkit")
    with account(tmp_path_factory.mktemp("second"), *bootstrap) as made:
        yield made


@pytest.fixture
def vpc(second: Account) -> Iterator[tuple[str, list[str]]]:
    """Somebody's network with two subnets."""
    ec2 = second.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.1.{place}.0/24", AvailabilityZone=zone)["Subnet"]
        for place, zone in enumerate(("us-east-1a", "us-east-1c"))
    ]
    ids = [subnet["SubnetId"] for subnet in subnets]
    yield vpc_id, ids
    for subnet in ids:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc_id)


def template(second: Account) -> dict[str, Any]:
    return dict(json.loads((second.folder / "cdk.out" / "Second.template.json").read_text()))


def live(second: Account, brought: dict[str, int], *context: str) -> Iterator[None]:
    """Deploy, look, let the test look, destroy, and look again."""
    before = second.inventory()
    second.make("deploy", "--require-approval never", *ALWAYS, *context)
    check_all_is_there(template(second), before, second.inventory(), brought)
    yield
    second.make("destroy", "--force", *ALWAYS, *context)
    assert added(before, second.inventory()) == {}
    stacks = second.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == ["Team1Toolkit"]


@pytest.mark.parametrize("egress", ["nat", "none"])
@pytest.mark.sliced(1)
def test_each_way_out_comes_and_goes(second: Account, egress: str) -> None:
    for _ in live(second, BROUGHT_BY_VPC, f"egress={egress}"):
        outputs = json.loads((second.folder / "outputs.json").read_text())
        assert outputs["Second"]["SpamName"] == "second-spam"


def test_a_relay_goes_with_all_that_is_in_its_bucket(second: Account) -> None:
    for _ in live(second, BROUGHT_BY_VPC, "egress=relay"):
        s3 = second.client("s3")
        function = second.client("lambda").get_function_configuration(FunctionName="second-spam")
        bucket = function["Environment"]["Variables"]["BUCKET"]
        for place in range(1100):  # more than S3 lists or deletes at once
            s3.put_object(Bucket=bucket, Key=f"artifacts/acme--model/{place:04}", Body=b"x")
        s3.put_object(Bucket=bucket, Key="requests/acme--model/0123456789abcdef.json", Body=b"{}")
        s3.create_multipart_upload(Bucket=bucket, Key="artifacts/acme--model/half")
        assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    assert bucket not in [each["Name"] for each in second.client("s3").list_buckets()["Buckets"]]


def test_a_stack_in_an_existing_vpc_keeps_the_accounts_rules(
    second: Account, vpc: tuple[str, list[str]]
) -> None:
    vpc_id, subnets = vpc
    iam = second.client("iam")
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    policy = iam.create_policy(PolicyName="boundary", PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    network = (f"vpc_id={vpc_id}", f"subnet_ids={','.join(subnets)}")
    for _ in live(second, {}, *network, f"permissions_boundary={policy}", "tags=team=search,owner=me"):
        function = second.client("lambda").get_function(FunctionName="second-spam")
        assert function["Configuration"]["VpcConfig"]["SubnetIds"] == subnets
        role = function["Configuration"]["Role"].rpartition("/")[2]
        boundary = iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]
        assert boundary["PermissionsBoundaryArn"] == policy
    iam.delete_policy(PolicyArn=policy)


def test_callers_get_a_changed_function_after_it_was_asked_to_get_ready(second: Account) -> None:
    name, prepare = "second-spam", {"action": "prepare"}
    asked = len(second.invocations())
    for _ in live(second, BROUGHT_BY_VPC, "egress=none", "prefetch=true"):
        alias = {"FunctionName": name, "Name": "live"}
        first = second.client("lambda").get_alias(**alias)["FunctionVersion"]
        new = {"function": name, "version": None, "kind": "Event", "event": prepare, "live": None}
        assert second.invocations()[asked:] == [new]

        context = (*ALWAYS, "egress=none", "prefetch=true", "spam.memory=2048")
        second.make("deploy", "--require-approval never", *context)
        latest = second.client("lambda").get_alias(**alias)["FunctionVersion"]
        assert latest != first
        changed = {"version": latest, "kind": "RequestResponse", "live": first}
        assert second.invocations()[asked + 1 :] == [new | changed]


def test_without_the_flag_and_a_terminal_a_deploy_ends_with_a_reason(second: Account) -> None:
    before = second.inventory()
    context = " ".join(f"-c {each}" for each in ALWAYS)
    done = subprocess.run(
        [
            "make",
            *INSTALLED,
            "deploy",
            f"OUTPUTS={second.folder / 'outputs.json'}",
            f"CONTEXT={context} --output {second.folder / 'cdk.out'}",
        ],
        cwd=ROOT,
        env=second.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "(TTY) is not attached" in done.stdout + done.stderr
    assert added(before, second.inventory()) == {}
