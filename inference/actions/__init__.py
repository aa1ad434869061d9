"""What routes do with a model: a request read in one form, run, and shown in that form."""
