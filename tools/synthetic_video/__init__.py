"""Videos of drawn bodies with exact truth, and what pose estimators make of them."""
