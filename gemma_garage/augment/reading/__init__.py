"""From a file of any kind to text: in a child process, with limits, as light Markdown."""
