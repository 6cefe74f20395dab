"""Training: from a frozen Dataset and a base model to an Adapter. Knows no page and no store."""
