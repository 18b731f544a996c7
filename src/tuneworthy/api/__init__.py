"""The OpenAI-compatible gateway and the JSON API."""
