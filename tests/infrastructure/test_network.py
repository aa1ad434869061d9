"""The ways out, and that there is no way in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.synthesized import AUTH, MODES

if TYPE_CHECKING:
    from tests.support.synthesized import Synth, Synthesized

NOWHERE = "255.255.255.255/32"
"""Where nothing may go out a rule has to say so: a group without any rule of its own may reach everything."""


def egress_mode(mode: str) -> str:
    return mode.partition("-")[0]


def group(stack: Synthesized, description: str) -> tuple[str, dict[str, Any]]:
    (found,) = (
        (id, resource["Properties"])
        for id, resource in stack.all("AWS::EC2::SecurityGroup").items()
        if resource["Properties"]["GroupDescription"] == description
    )
    return found


def rules_out(properties: dict[str, Any]) -> list[tuple[str, str, int]]:
    rules = properties["SecurityGroupEgress"]
    return [(r["CidrIp"], r["IpProtocol"], r["FromPort"]) for r in rules]


def test_a_nat_gateway_only_where_chosen_and_then_just_one(stack: Synthesized, mode: str) -> None:
    wanted = 1 if egress_mode(mode) == "nat" else 0
    for resource_type in ("NatGateway", "EIP", "InternetGateway"):
        stack.check.resource_count_is(f"AWS::EC2::{resource_type}", wanted)


def test_nobody_has_an_ipv6_address(stack: Synthesized) -> None:
    stack.check.resource_count_is("AWS::EC2::EgressOnlyInternetGateway", 0)
    subnets = stack.all("AWS::EC2::Subnet").values()
    assert not any("Ipv6CidrBlock" in subnet["Properties"] for subnet in subnets)


@pytest.mark.parametrize("auth", AUTH)
@pytest.mark.parametrize("egress", ["none", "relay"])
def test_without_egress_there_is_no_route_at_all(synth: Synth, egress: str, auth: str) -> None:
    """The gateway endpoint of a relay puts its own routes into the tables, to S3 alone."""
    synth(**MODES[f"{egress}-{auth}"]).check.resource_count_is("AWS::EC2::Route", 0)


def test_two_zones_and_no_public_address(stack: Synthesized, mode: str) -> None:
    subnets = [subnet["Properties"] for subnet in stack.all("AWS::EC2::Subnet").values()]
    assert len(subnets) == (4 if egress_mode(mode) == "nat" else 2)
    assert {str(subnet["AvailabilityZone"]["Fn::Select"][0]) for subnet in subnets} == {"0", "1"}
    assert not any(subnet["MapPublicIpOnLaunch"] for subnet in subnets)


def test_functions_stand_in_subnets_without_an_internet_gateway(stack: Synthesized) -> None:
    public_tables = {
        route["Properties"]["RouteTableId"]["Ref"]
        for route in stack.all("AWS::EC2::Route").values()
        if "GatewayId" in route["Properties"]
    }
    public = {
        association["Properties"]["SubnetId"]["Ref"]
        for association in stack.all("AWS::EC2::SubnetRouteTableAssociation").values()
        if association["Properties"]["RouteTableId"]["Ref"] in public_tables
    }
    for function in stack.in_vpc().values():
        used = {subnet["Ref"] for subnet in function["Properties"]["VpcConfig"]["SubnetIds"]}
        assert len(used) == 2
        assert not used & public


def test_only_functions_may_connect_and_only_to_the_cache(stack: Synthesized) -> None:
    cache, cache_properties = group(stack, "Hublet model cache")
    functions, function_properties = group(stack, "Hublet functions")
    assert len(stack.all("AWS::EC2::SecurityGroup")) == 2
    assert "SecurityGroupIngress" not in {**cache_properties, **function_properties}
    _, rule_in = stack.one("AWS::EC2::SecurityGroupIngress")
    properties = rule_in["Properties"]
    assert (properties["IpProtocol"], properties["FromPort"], properties["ToPort"]) == ("tcp", 2049, 2049)
    assert properties["GroupId"] == {"Fn::GetAtt": [cache, "GroupId"]}
    assert properties["SourceSecurityGroupId"] == {"Fn::GetAtt": [functions, "GroupId"]}


def test_functions_reach_the_cache_and_https_and_nothing_else(stack: Synthesized, mode: str) -> None:
    cache, cache_properties = group(stack, "Hublet model cache")
    functions, function_properties = group(stack, "Hublet functions")
    https = {
        "nat": [("0.0.0.0/0", "tcp", 443)],
        # To anywhere; but no route leads anywhere except to the endpoint of the bucket.
        "relay": [("0.0.0.0/0", "tcp", 443)],
        "none": [(NOWHERE, "tcp", 443)],
    }
    assert rules_out(function_properties) == https[egress_mode(mode)]
    assert rules_out(cache_properties) == [(NOWHERE, "icmp", 252)]
    _, rule_out = stack.one("AWS::EC2::SecurityGroupEgress")
    properties = rule_out["Properties"]
    assert (properties["IpProtocol"], properties["FromPort"], properties["ToPort"]) == ("tcp", 2049, 2049)
    assert properties["GroupId"] == {"Fn::GetAtt": [functions, "GroupId"]}
    assert properties["DestinationSecurityGroupId"] == {"Fn::GetAtt": [cache, "GroupId"]}


def test_a_hub_on_another_port_can_be_reached(synth: Synth) -> None:
    _, properties = group(synth(egress="nat", hub_url="https://hub.example:8443"), "Hublet functions")
    assert rules_out(properties) == [("0.0.0.0/0", "tcp", 443), ("0.0.0.0/0", "tcp", 8443)]
