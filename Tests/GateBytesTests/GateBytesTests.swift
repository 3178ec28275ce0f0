// GateBytes
