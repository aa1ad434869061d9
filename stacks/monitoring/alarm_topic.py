"""The topic that carries alarms to an address: encrypted, over TLS, open to this account's alarms alone."""

from __future__ import annotations

from aws_cdk import Aws, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

CLOUDWATCH = "cloudwatch.amazonaws.com"


class AlarmTopic(Construct):
    """A key of its own, because CloudWatch cannot use the one that AWS keeps for SNS: alarms would vanish."""

    def __init__(self, scope: Construct, id: str, *, email: str) -> None:
        super().__init__(scope, id)
        key = kms.Key(
            self,
            "Key",
            description="Alarms of Hublet on their way to an address",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
            pending_window=Duration.days(7),
        )
        key.add_to_resource_policy(self._allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
        self.topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        self.topic.add_to_resource_policy(self._allow(["sns:Publish"], self.topic.topic_arn))
        self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def _allow(self, actions: list[str], resource: str) -> iam.PolicyStatement:
        alarms = Stack.of(self).format_arn(service="cloudwatch", resource="alarm:*")
        return iam.PolicyStatement(
            actions=actions,
            resources=[resource],
            principals=[iam.ServicePrincipal(CLOUDWATCH)],
            conditions={
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": alarms},
            },
        )
