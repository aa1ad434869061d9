"""Gaps of moto's CloudFormation: some filled here with moto's own backends, the others listed by name.

Where a template asks for what moto has not, moto answers 500 half-way and leaves the stack as complete, and
the CDK CLI believes it. So tests look at what is there, and at the server's log, and not at the CLI's word.
"""

from __future__ import annotations

from ipaddress import ip_network
from itertools import islice
from typing import Any

from moto.awslambda.models import LambdaVersion
from moto.awslambda.responses import LambdaResponse
from moto.backends import get_backend
from moto.cloudformation import parsing
from moto.cloudformation.models import ChangeSet, CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap
from moto.core.common_models import CloudFormationModel
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.internet_gateways import InternetGateway
from moto.ec2.models.nat_gateways import NatGateway
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.vpcs import VPC, VPCEndPoint
from moto.ec2.models.vpn_gateway import VPCGatewayAttachment
from moto.efs.models import FileSystem
from moto.s3.models import FakeBucket
from moto.utilities.utils import get_partition

from tests.support.aws import change_sets, custom_resources, order

NOT_MADE = {
    "AWS::EC2::SecurityGroupEgress": "a rule of a security group, which goes with its group",
    "AWS::EC2::SubnetRouteTableAssociation": "moto keeps those of a stack where none of its calls looks",
    "AWS::EC2::VPCCidrBlock": "the IPv6 addresses of a VPC, which go with it",
    "AWS::S3::BucketPolicy": "moto reads no conditions, so that one against plain HTTP denies everything",
    "Custom::EmptyBucket": "it leaves nothing, and that is its work",
    "Custom::Prefetch": "it asks functions, and leaves nothing",
    "AWS::Lambda::EventInvokeConfig": "moto keeps one for a function and all its aliases",
}
"""What moto leaves out of a stack."""


class Filled:
    """A resource that moto's backend can make, but no template; ``make`` gives its id and attributes."""

    TYPE = ""

    def __init__(self, id: str, properties: dict[str, Any], attributes: dict[str, str]) -> None:
        self.physical_resource_id = id
        self.properties = properties
        self.get_cfn_attribute = attributes.__getitem__

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.TYPE

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any
    ) -> Any:
        asked = cloudformation_json["Properties"]
        id, attributes = cls.make(asked, account_id, region_name)
        return cls(id, asked, attributes)

    @staticmethod
    def make(asked: dict[str, Any], account_id: str, region: str) -> tuple[str, dict[str, str]]:
        raise NotImplementedError


class Alias(Filled, CloudFormationModel):
    TYPE = "AWS::Lambda::Alias"

    @staticmethod
    def make(asked: dict[str, Any], account_id: str, region: str) -> tuple[str, dict[str, str]]:
        made = backend("lambda", account_id, region).create_alias(*_alias(asked), "", "")
        return made.arn, {}

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Alias,
        new_resource_name: str,
        cloudformation_json: Any,
        account_id: str,
        region_name: str,
    ) -> Alias:
        asked = cloudformation_json["Properties"]
        backend("lambda", account_id, region_name).update_alias(*_alias(asked), "", "")
        return original_resource

    def delete(self, account_id: str, region: str) -> None:
        lambda_ = backend("lambda", account_id, region)
        lambda_.delete_alias(self.properties["Name"], self.properties["FunctionName"])


def _alias(asked: dict[str, Any]) -> tuple[str, str, str]:
    return asked["Name"], asked["FunctionName"], str(asked["FunctionVersion"])


class Url(Filled, CloudFormationModel):
    TYPE = "AWS::Lambda::Url"

    @staticmethod
    def make(asked: dict[str, Any], account_id: str, region: str) -> tuple[str, dict[str, str]]:
        lambda_ = backend("lambda", account_id, region)
        made = lambda_.create_function_url_config(asked["TargetFunctionArn"], asked)
        return made.url, {"FunctionUrl": f"{made.url}/"}

    def delete(self, account_id: str, region: str) -> None:
        backend("lambda", account_id, region).delete_function_url_config(self.properties["TargetFunctionArn"])


class EgressOnlyInternetGateway(Filled, CloudFormationModel):
    TYPE = "AWS::EC2::EgressOnlyInternetGateway"

    @staticmethod
    def make(asked: dict[str, Any], account_id: str, region: str) -> tuple[str, dict[str, str]]:
        made = backend("ec2", account_id, region).create_egress_only_internet_gateway(asked["VpcId"])
        return made.id, {}

    def delete(self, account_id: str, region: str) -> None:
        backend("ec2", account_id, region).delete_egress_only_internet_gateway(self.physical_resource_id)


def backend(service: str, account_id: str, region: str) -> Any:
    return get_backend(service)[account_id][region]  # type: ignore[call-overload]


def _s3(account_id: str, region: str) -> Any:
    return get_backend("s3")[account_id][get_partition(region)]


def fill() -> None:
    """Teach moto's own resources what they lack; those above are known by being declared."""
    filled: list[tuple[Any, str, Any]] = [
        (parsing, "CustomModel", custom_resources.Custom),
        (LambdaResponse, "invoke", custom_resources.invoke),
        (parsing, "clean_json", _cidr_or(parsing.clean_json)),
        (VPC, "get_cfn_attribute", _ipv6_or(VPC.get_cfn_attribute)),
        (FileSystem, "get_cfn_attribute", lambda system, name: {"Arn": system.file_system_arn}[name]),
        (LambdaVersion, "get_cfn_attribute", lambda version, name: {"Version": str(version.version)}[name]),
        (LambdaVersion, "create_from_cloudformation_json", _with_arn),
        (NatGateway, "delete", _delete_nat_gateway),
        (FakeBucket, "delete", _delete_bucket),
        (
            VPCEndPoint,
            "delete",
            lambda endpoint, *_: endpoint.ec2_backend.delete_vpc_endpoints([endpoint.id]),
        ),
        (RouteTable, "delete", lambda table, *_: table.ec2_backend.delete_route_table(table.id)),
        (
            InternetGateway,
            "delete",
            lambda gateway, *_: gateway.ec2_backend.delete_internet_gateway(gateway.id),
        ),
        (VPCGatewayAttachment, "delete", _detach),
        (
            ElasticAddress,
            "delete",
            lambda address, *_: address.ec2_backend.release_address(address.public_ip),
        ),
        (ChangeSet, "apply", change_sets.apply_with_outputs),
        (ResourceMap, "update", order.update),
        (ResourceMap, "delete", order.delete),
        (ResourceMap, "parse_ssm_parameter", _previous_or(ResourceMap.parse_ssm_parameter)),
        (
            CloudFormationBackend,
            "delete_stack",
            change_sets.deleting_with_stack(CloudFormationBackend.delete_stack),
        ),
        (CloudFormationBackend, "delete_change_set", change_sets.delete),
        (CloudFormationBackend, "describe_change_set", change_sets.describe),
    ]
    for owner, name, value in filled:
        setattr(owner, name, value)


def _with_arn(name: str, resource: dict[str, Any], account_id: str, region: str, **_: Any) -> Any:
    """A version of a function; what refers to it gets its ARN, and from moto an object."""
    lambda_ = backend("lambda", account_id, region)
    published = lambda_.publish_version(resource["Properties"]["FunctionName"])
    make: Any = LambdaVersion  # moto's classes leave abstract what CloudFormation does not ask of them
    version = make({"Version": published.version})
    version.physical_resource_id = published.function_arn
    return version


def _delete_nat_gateway(gateway: NatGateway, *_: str) -> None:
    gateway.ec2_backend.delete_nat_gateway(gateway.id)
    gateway.ec2_backend.delete_network_interface(gateway._eni.id)


def _delete_bucket(bucket: FakeBucket, account_id: str, region: str) -> None:
    """S3 refuses while an object is in it; an unfinished upload would be one that we forgot."""
    assert not bucket.keys, f"{bucket.name} is not empty"
    assert not bucket.multiparts, f"{bucket.name} has unfinished uploads"
    _s3(account_id, region).delete_bucket(bucket.name)


def _detach(attachment: VPCGatewayAttachment, account_id: str, region: str) -> None:
    backend("ec2", account_id, region).detach_internet_gateway(attachment.gateway_id, attachment.vpc_id)


def _cidr_or(clean: Any) -> Any:
    """``Fn::Cidr``, which moto does not know: parts of a range of addresses."""

    def clean_or_cidr(value: Any, resources: ResourceMap) -> Any:
        if not isinstance(value, dict) or "Fn::Cidr" not in value:
            return clean(value, resources)
        block, count, bits = clean(value["Fn::Cidr"], resources)
        network = ip_network(block)
        parts = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(part) for part in islice(parts, int(count))]

    return clean_or_cidr


def _ipv6_or(attribute: Any) -> Any:
    """A VPC's IPv6 addresses, which its subnets ask for and moto then leaves aside."""

    def attribute_or_ipv6(vpc: VPC, name: str) -> Any:
        return ["2001:db8::/56"] if name == "Ipv6CidrBlocks" else attribute(vpc, name)

    return attribute_or_ipv6


def _previous_or(parse: Any) -> Any:
    """An update keeps the parameter's previous value, which moto takes for a name again."""

    def parse_name_or_value(resources: ResourceMap, value: str, value_type: str) -> Any:
        return parse(resources, value, value_type) if value.startswith("/") else value

    return parse_name_or_value
