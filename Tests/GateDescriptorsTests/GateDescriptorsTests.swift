// GateDescriptors
