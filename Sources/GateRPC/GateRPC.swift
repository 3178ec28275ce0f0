// GateRPC
