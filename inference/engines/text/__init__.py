"""What text engines share: tokenizing, windows, chat templates, generation options."""
