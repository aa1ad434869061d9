"""The AWS side: what ``cdk deploy`` makes, from the tasks that ``inference/tasks`` declares."""
