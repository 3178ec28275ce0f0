// GateBench
