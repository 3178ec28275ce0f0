// GateMetrics
