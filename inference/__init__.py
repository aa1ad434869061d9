"""What runs inside each Lambda function: one task, one model, one answer per request."""
