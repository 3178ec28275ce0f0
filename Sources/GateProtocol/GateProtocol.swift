// GateProtocol
