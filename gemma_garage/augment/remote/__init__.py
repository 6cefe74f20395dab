"""Generators that ask a model elsewhere: Gemini, or any OpenAI-compatible server."""
