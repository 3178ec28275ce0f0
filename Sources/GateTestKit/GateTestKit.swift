// GateTestKit
