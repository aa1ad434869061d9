"""Events to requests, results to replies: routes, keys, descriptions, OpenAI's forms."""
