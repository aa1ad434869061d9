"""The peer: handlers as the AWS sample writes them, for today's transformers: a model at import, then a call.

Each answers in the shapes of the Hub, so that both sides return the same.
"""
