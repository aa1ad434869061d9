"""`make load`: six functions under load, with every answer checked."""
