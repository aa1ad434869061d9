"""Hublet: the command ``hublet``, and constructs for other people's CDK apps (``hublet.cdk``)."""
