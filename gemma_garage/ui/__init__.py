"""The page. The only package that knows Gradio; it calls verbs and reads the store."""
