"""The local cloud: function URLs and the Invoke API in front of execution environments."""
