"""The verbs of the Data tab for programs: ingest, generate, datasets; each with its JSON."""
