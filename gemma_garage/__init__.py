"""Gemma Garage: from documents to a Gemma of your own, with proof, on your machine."""

__version__ = "0.1.0"
