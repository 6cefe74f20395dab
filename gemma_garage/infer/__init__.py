"""Answers from base and tuned: compare side by side, examine, grade."""
