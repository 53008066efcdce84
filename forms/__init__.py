"""What is asked and where it is printed: form definitions as data, check and fill; pure."""
