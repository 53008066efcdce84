"""What is owed and why: pure functions over facts and dated rows."""
