"""The bucket that models come through, and what each kind of function may do in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.customer_key import allow_by_bucket, find_key

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from stacks.options.stack import Options

PASSING_DAYS = 1
"""Requests, leases and progress are of no use once a model is made."""
LOAD_DAYS = 7
"""A mark of a load is on the cache within a minute."""

BATCH_DAYS = 7
"""Lines and results; a run can be taken up again for as long."""

BATCH = "batch/"
REQUESTS, LOADS, PROGRESS, LEASES, ARTIFACTS = "requests/", "loads/", "progress/", "leases/", "artifacts/"


class RelayBucket(Construct):
    """The bucket, and what each kind of function may do in it."""

    def __init__(
        self, scope: Construct, id: str, *, options: Options, encryption_key: kms.IKey | None = None
    ) -> None:
        """``encryption_key``: in place of the one that S3 keeps."""
        super().__init__(scope, id)
        self._key = encryption_key or find_key(self, options.kms_key_arn)
        self.resource = self._make_bucket(options)
        self.name = self.resource.ref
        self._arn = self.resource.attr_arn
        self._policy = s3.CfnBucketPolicy(
            self,
            "Policy",
            bucket=self.name,
            policy_document=iam.PolicyDocument(statements=[self._deny_without_tls()]),
        )

    def _make_bucket(self, options: Options) -> s3.CfnBucket:
        bucket = s3.CfnBucket(
            self,
            "Bucket",
            bucket_encryption=_encrypt(self._key),
            public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
            ),
            ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
                rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
            ),
            # The property alone. The CDK's way of the same makes a custom resource, whose function has left
            # stacks that cannot be deleted (aws-cdk issues 19726 and 38167).
            notification_configuration=s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                    event_bridge_enabled=True
                )
            ),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
                rules=[
                    *(_expire(prefix, PASSING_DAYS) for prefix in (REQUESTS, LEASES, PROGRESS)),
                    _expire(LOADS, LOAD_DAYS),
                    _expire(ARTIFACTS, options.artifact_days),
                    *([_expire(BATCH, BATCH_DAYS)] if options.batch else []),
                    s3.CfnBucket.RuleProperty(
                        status="Enabled",
                        abort_incomplete_multipart_upload=(
                            s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=1)
                        ),
                    ),
                ]
            ),
        )
        bucket.apply_removal_policy(RemovalPolicy.DESTROY)
        Validations.of(bucket).acknowledge(
            Acknowledgment(
                id="AwsSolutions::AwsSolutions-S1",
                reason="It holds copies of public models and short notes for some days; access logs would "
                "need a second bucket, which a destroy cannot delete.",
            )
        )
        return bucket

    def _deny_without_tls(self) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=["s3:*"],
            principals=[iam.AnyPrincipal()],
            resources=[self._arn, f"{self._arn}/*"],
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        )

    def objects(self, *prefixes: str) -> list[str]:
        """ARNs of everything that begins so."""
        return [f"{self._arn}/{prefix}*" for prefix in prefixes]

    def allow_asking(self) -> list[iam.PolicyStatement]:
        """For a function that serves: ask, mark, read how far it is; no artifact."""
        return [
            iam.PolicyStatement(actions=["s3:PutObject"], resources=self.objects(REQUESTS, LOADS)),
            iam.PolicyStatement(actions=["s3:GetObject"], resources=self.objects(REQUESTS, PROGRESS)),
            self._allow_listing(REQUESTS, PROGRESS),
            *self.allow_key(),
        ]

    def allow_shelving(self) -> list[iam.PolicyStatement]:
        """For the cache function: read what was made, tell how it went, and ask."""
        read = (REQUESTS, PROGRESS, LOADS, ARTIFACTS)
        return [
            iam.PolicyStatement(actions=["s3:PutObject"], resources=self.objects(REQUESTS, PROGRESS)),
            iam.PolicyStatement(actions=["s3:GetObject"], resources=self.objects(*read)),
            self._allow_listing(*read),
            *self.allow_key(),
        ]

    def allow_making(self) -> list[iam.PolicyStatement]:
        """For the factory, which also empties the bucket at the end."""
        return [
            iam.PolicyStatement(
                actions=[
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                resources=self.objects(""),
            ),
            iam.PolicyStatement(
                actions=["s3:ListBucket", "s3:ListBucketMultipartUploads"], resources=[self._arn]
            ),
            *self.allow_key(),
        ]

    def allow_passing(self) -> iam.PolicyStatement:
        """For the gateway endpoint: this bucket and no other, whoever asks."""
        return iam.PolicyStatement(
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
            resources=[self._arn, f"{self._arn}/*"],
        )

    def acknowledge_prefixes(self, policy: iam.Policy) -> None:
        """Tell cdk-nag why a policy names parts of the bucket; the least that S3 can grant is a prefix."""
        bucket = Stack.of(self).resolve(Stack.of(self).get_logical_id(self.resource))
        for prefix in ("", BATCH, REQUESTS, LOADS, PROGRESS, LEASES, ARTIFACTS):
            Validations.of(policy).acknowledge(
                Acknowledgment(
                    id=f"AwsSolutions::AwsSolutions-IAM5[Resource::<{bucket}.Arn>/{prefix}*]",
                    reason="Objects are named after models; it is a prefix of this one bucket.",
                )
            )

    def allow_key(self) -> list[iam.PolicyStatement]:
        """For whoever reads or writes objects; nothing where S3 keeps the key."""
        return [allow_by_bucket(self, self._key.key_arn)] if self._key else []

    def _allow_listing(self, *prefixes: str) -> iam.PolicyStatement:
        # Without it S3 answers 403 for a key that is not there (S3 API reference, GetObject).
        return iam.PolicyStatement(
            actions=["s3:ListBucket"],
            resources=[self._arn],
            conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
        )


def _encrypt(key: kms.IKey | None) -> s3.CfnBucket.BucketEncryptionProperty:
    """With S3's own keys, or with the operator's: then S3 asks KMS once for many objects."""
    how = s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
        sse_algorithm="aws:kms" if key else "AES256", kms_master_key_id=key.key_arn if key else None
    )
    rule = s3.CfnBucket.ServerSideEncryptionRuleProperty(
        server_side_encryption_by_default=how, bucket_key_enabled=True if key else None
    )
    return s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[rule])


def _expire(prefix: str, days: int) -> s3.CfnBucket.RuleProperty:
    return s3.CfnBucket.RuleProperty(status="Enabled", prefix=prefix, expiration_in_days=days)
