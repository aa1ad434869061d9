"""The peer: handlers like those of the AWS sample, for today's transformers.

Each loads its model at import and is then called for each event. Answers have the Hub's shapes, as ours have.
"""
