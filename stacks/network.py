"""The VPC, which EFS demands, and the way out of it to the Hub; or an existing VPC with its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Fn, Validations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from stacks.logs import make_log_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stacks.options.stack import Options
    from stacks.relay_bucket import RelayBucket

HTTPS = 443
NFS = 2049
SUBNETS = "Functions"
NOWHERE = ec2.Peer.ipv4("255.255.255.255/32")


class Network(Construct):
    """The network of all functions. Nothing in it can be reached from outside; security groups are our own.

    What each mode costs when nothing is called (us-east-1 prices):

    - ``relay``: nothing. The default: the functions reach one bucket, by a gateway endpoint that is free of
      charge, and no other place: no gateway, no public subnet and no public address are there.
    - ``nat``: one NAT gateway, about 33 USD a month plus 0.045 USD per GB, and 3.65 USD a month for its
      public IPv4 address. The functions prepare models themselves.
    - ``none``: nothing. No way out; every model must already be on the cache.
    - ``vpc``: nothing of ours. The functions stand in the given subnets, and go out as those do.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: Options,
        bucket: RelayBucket | None = None,
        vpc: ec2.IVpc | None = None,
        subnets: ec2.SubnetSelection | None = None,
    ) -> None:
        """``vpc``: one of the app that has this construct, which goes before ``options.vpc_id``."""
        super().__init__(scope, id)
        self.vpc: ec2.IVpc
        if vpc:
            self.vpc, self.subnets = vpc, subnets or ec2.SubnetSelection()
        elif options.vpc_id:
            self.vpc, self.subnets = self._import_vpc(options.vpc_id, options.subnet_ids)
        else:
            self.vpc = self._make_vpc(options)
            self.subnets = ec2.SubnetSelection(subnet_group_name=SUBNETS)
        self.cache_security_group = self._make_security_group("CacheSecurityGroup", "Hublet model cache")
        self.function_security_group = self._make_security_group("FunctionSecurityGroup", "Hublet functions")
        if options.flow_logs:
            self._add_flow_logs(options)
        self._open_ports(options)
        if bucket:
            self._add_endpoint(self.vpc, bucket)

    def _import_vpc(self, vpc_id: str, subnet_ids: Sequence[str]) -> tuple[ec2.IVpc, ec2.SubnetSelection]:
        # Nothing here depends on the zones of the subnets, so nobody is asked for them.
        vpc = ec2.Vpc.from_vpc_attributes(self, "Vpc", vpc_id=vpc_id, availability_zones=["unknown"])
        subnets = [ec2.Subnet.from_subnet_id(self, subnet, subnet) for subnet in subnet_ids]
        return vpc, ec2.SubnetSelection(subnets=subnets)

    def _make_vpc(self, options: Options) -> ec2.Vpc:
        egress = options.egress
        vpc = ec2.Vpc(
            self,
            "Vpc",
            availability_zones=_choose_zones(options.availability_zones),
            nat_gateways=1 if egress == "nat" else 0,
            create_internet_gateway=egress == "nat",
            subnet_configuration=_plan_subnets(egress),
            # Nothing uses the default group, and emptying it takes a custom resource, which leaves its log.
            restrict_default_security_group=options.empty_default_group,
        )
        if options.flow_logs:
            return vpc
        Validations.of(vpc).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-VPC7",
                reason="Nothing can come in and one port leads out; flow logs would bill by the GB.",
            )
        )
        return vpc

    def _add_flow_logs(self, options: Options) -> None:
        """Who spoke with whom, accepted or not; a log group that goes with the stack."""
        group = make_log_group(self, f"{options.name.lower()}-flow-logs", options)
        self.vpc.add_flow_log("FlowLogs", destination=ec2.FlowLogDestination.to_cloud_watch_logs(group))

    def _add_endpoint(self, vpc: ec2.IVpc, bucket: RelayBucket) -> None:
        endpoint = vpc.add_gateway_endpoint("Bucket", service=ec2.GatewayVpcEndpointAwsService.S3)
        endpoint.add_to_policy(bucket.allow_passing())

    def _make_security_group(self, id: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(self, id, vpc=self.vpc, description=description, allow_all_outbound=False)

    def _open_ports(self, options: Options) -> None:
        functions = self.function_security_group
        functions.connections.allow_to(
            self.cache_security_group, ec2.Port.tcp(NFS), "functions mount the cache"
        )
        if options.egress == "none":
            # EC2 lets a group without a rule of its own reach everything, and the rule above is not its own:
            # it names another group, so it stands apart in the template.
            functions.add_egress_rule(NOWHERE, ec2.Port.tcp(HTTPS), "nothing")
            return
        if options.egress == "relay":
            # A group cannot name the endpoint without its prefix list, whose id each region has another of.
            # No route leads anywhere but to the endpoint, and that lets one bucket through.
            functions.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), "models from the bucket")
            return
        for port in sorted({HTTPS, options.hub_port}):
            functions.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(port), "models from the Hub")


def _choose_zones(asked: Sequence[str]) -> list[str]:
    """Names as they are; for a number, so many of the region's first zones."""
    if not asked[0].isdecimal():
        return list(asked)
    return [Fn.select(place, Fn.get_azs()) for place in range(int(asked[0]))]


def _plan_subnets(egress: str) -> list[ec2.SubnetConfiguration]:
    """A public subnet only where a NAT gateway has to stand in it."""
    if egress in ("none", "relay"):
        return [ec2.SubnetConfiguration(name=SUBNETS, subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)]
    private = ec2.SubnetConfiguration(name=SUBNETS, subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)
    gateway = ec2.SubnetConfiguration(
        name="Gateway", subnet_type=ec2.SubnetType.PUBLIC, cidr_mask=28, map_public_ip_on_launch=False
    )
    return [gateway, private]
