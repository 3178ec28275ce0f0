// GateServer
