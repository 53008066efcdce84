"""What an event after the sale changes: late proof, corrected facts, a price that goes back. Pure, like the sale."""
