// GateFuzz
