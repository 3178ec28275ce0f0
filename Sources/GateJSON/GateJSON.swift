// GateJSON
