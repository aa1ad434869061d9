"""Run Hublet on one machine, without a cloud account and without the internet."""
