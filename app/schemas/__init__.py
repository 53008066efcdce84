"""marshmallow: JSON and form data to typed facts and back."""
