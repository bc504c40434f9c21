"""What a run says: each writer reads the assessment or the events and knows nothing of the others."""
