"""The CDK context: each key checked once, and turned into frozen values."""
