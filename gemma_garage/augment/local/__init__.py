"""The local Generator: a pretrained Gemma on this machine asks about answers in the text."""
