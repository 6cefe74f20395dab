"""A second model looks at accepted rows beside their passage, and says yes or no four times."""
