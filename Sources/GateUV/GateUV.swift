// GateUV
