"""Gemma on this machine: what can be had, how it is loaded and how it decodes."""
