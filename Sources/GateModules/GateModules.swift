// GateModules
