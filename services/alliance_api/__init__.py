"""The Alliance API: measures, goals and reliability of a therapeutic alliance."""
