// GateSessions
