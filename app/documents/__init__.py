"""Drawing PDFs and reading them back."""
