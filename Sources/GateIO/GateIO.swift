// GateIO
