"""What only an AWS account can show."""
