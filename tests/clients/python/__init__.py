"""One file for each Python client; every public function in it is one thing that the client is asked to do.

A function takes the URL of the local cloud, and raises where the client's answer is not right.
"""
