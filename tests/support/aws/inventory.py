"""Everything that an account holds, by CloudFormation's resource types, asked of the services themselves."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import boto3

Inventory = dict[str, set[str]]

# Type -> service, operation, key of the list, key of what names one.
PLAIN = {
    "AWS::CloudWatch::Alarm": ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "AWS::CloudWatch::Dashboard": ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    "AWS::EC2::EIP": ("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "AWS::EC2::EgressOnlyInternetGateway": (
        "ec2",
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    "AWS::EC2::InternetGateway": (
        "ec2",
        "describe_internet_gateways",
        "InternetGateways",
        "InternetGatewayId",
    ),
    "AWS::EC2::RouteTable": ("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
    "AWS::EC2::SecurityGroup": ("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
    "AWS::EC2::Subnet": ("ec2", "describe_subnets", "Subnets", "SubnetId"),
    "AWS::EC2::VPC": ("ec2", "describe_vpcs", "Vpcs", "VpcId"),
    "AWS::EFS::AccessPoint": ("efs", "describe_access_points", "AccessPoints", "AccessPointId"),
    "AWS::EFS::FileSystem": ("efs", "describe_file_systems", "FileSystems", "FileSystemId"),
    "AWS::Events::Rule": ("events", "list_rules", "Rules", "Name"),
    "AWS::IAM::Role": ("iam", "list_roles", "Roles", "RoleName"),
    "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", "FunctionName"),
    "AWS::Logs::LogGroup": ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "AWS::S3::Bucket": ("s3", "list_buckets", "Buckets", "Name"),
    "AWS::SNS::Topic": ("sns", "list_topics", "Topics", "TopicArn"),
    "AWS::SecretsManager::Secret": ("secretsmanager", "list_secrets", "SecretList", "ARN"),
}


def take(session: boto3.Session) -> Inventory:
    """What is there now; parts of a resource are named with the resource that they belong to."""
    plain = {type: {item[name] for item in _all(session, *where)} for type, (*where, name) in PLAIN.items()}
    return plain | {type: set(found(session)) for type, found in PARTS.items()}


def added(before: Inventory, after: Inventory) -> Inventory:
    """By type, what only the later one has."""
    found = {type: after[type] - before[type] for type in after}
    return {type: names for type, names in found.items() if names}


def _all(session: boto3.Session, service: str, operation: str, key: str, **asked: str) -> Iterator[Any]:
    client = session.client(service)
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**asked):
            yield from page[key]
    else:
        yield from getattr(client, operation)(**asked)[key]


def _nat_gateways(session: boto3.Session) -> Iterable[str]:
    found = _all(session, "ec2", "describe_nat_gateways", "NatGateways")
    return (gateway["NatGatewayId"] for gateway in found if gateway["State"] != "deleted")


def _routes(session: boto3.Session) -> Iterable[str]:
    return (
        f"{table['RouteTableId']} {route.get('DestinationCidrBlock', '')}"
        f"{route.get('DestinationIpv6CidrBlock', '')}"
        for table in _all(session, "ec2", "describe_route_tables", "RouteTables")
        for route in table["Routes"]
        if route.get("GatewayId") != "local"
    )


def _associations(session: boto3.Session) -> Iterable[str]:
    return (
        association["RouteTableAssociationId"]
        for table in _all(session, "ec2", "describe_route_tables", "RouteTables")
        for association in table["Associations"]
        if not association["Main"]
    )


def _attachments(session: boto3.Session) -> Iterable[str]:
    return (
        f"{gateway['InternetGatewayId']} {attachment['VpcId']}"
        for gateway in _all(session, "ec2", "describe_internet_gateways", "InternetGateways")
        for attachment in gateway["Attachments"]
    )


def _ingress(session: boto3.Session) -> Iterable[str]:
    rules = _all(session, "ec2", "describe_security_group_rules", "SecurityGroupRules")
    return (rule["SecurityGroupRuleId"] for rule in rules if not rule["IsEgress"])


def _endpoints(session: boto3.Session) -> Iterable[str]:
    found = _all(session, "ec2", "describe_vpc_endpoints", "VpcEndpoints")
    return (endpoint["VpcEndpointId"] for endpoint in found if endpoint["State"] != "deleted")


def _permissions(session: boto3.Session) -> Iterable[str]:
    client = session.client("lambda")
    for function in _all(session, "lambda", "list_functions", "Functions"):
        name = function["FunctionName"]
        with suppress(client.exceptions.ResourceNotFoundException):
            policy = json.loads(client.get_policy(FunctionName=name)["Policy"])
            yield from (f"{name} {place}" for place, _ in enumerate(policy["Statement"]))


def _mount_targets(session: boto3.Session) -> Iterable[str]:
    return (
        target["MountTargetId"]
        for system in _all(session, "efs", "describe_file_systems", "FileSystems")
        for target in _all(
            session, "efs", "describe_mount_targets", "MountTargets", FileSystemId=system["FileSystemId"]
        )
    )


def _policies(session: boto3.Session) -> Iterable[str]:
    return (
        f"{role['RoleName']} {policy}"
        for role in _all(session, "iam", "list_roles", "Roles")
        for policy in _all(session, "iam", "list_role_policies", "PolicyNames", RoleName=role["RoleName"])
    )


def _of_functions(operation: str, key: str, name: str) -> Callable[[boto3.Session], Iterable[str]]:
    def found(session: boto3.Session) -> Iterable[str]:
        for function in _all(session, "lambda", "list_functions", "Functions"):
            own = function["FunctionName"]
            for part in _all(session, "lambda", operation, key, FunctionName=own):
                if part[name] != "$LATEST":
                    yield f"{own} {part[name]}"

    return found


def _urls(session: boto3.Session) -> Iterable[str]:
    """One by one, as moto does not list them."""
    client = session.client("lambda")
    for function in _all(session, "lambda", "list_functions", "Functions"):
        with suppress(client.exceptions.ResourceNotFoundException):
            yield client.get_function_url_config(FunctionName=function["FunctionName"])["FunctionUrl"]


PARTS: dict[str, Callable[[boto3.Session], Iterable[str]]] = {
    "AWS::EC2::NatGateway": _nat_gateways,
    "AWS::EC2::Route": _routes,
    "AWS::EC2::SecurityGroupIngress": _ingress,
    "AWS::EC2::SubnetRouteTableAssociation": _associations,
    "AWS::EC2::VPCEndpoint": _endpoints,
    "AWS::EC2::VPCGatewayAttachment": _attachments,
    "AWS::EFS::MountTarget": _mount_targets,
    "AWS::IAM::Policy": _policies,
    "AWS::Lambda::Alias": _of_functions("list_aliases", "Aliases", "Name"),
    "AWS::Lambda::Permission": _permissions,
    "AWS::Lambda::Url": _urls,
    "AWS::Lambda::Version": _of_functions("list_versions_by_function", "Versions", "Version"),
}
