public import GateProtocol

extension ProtocolDefinition {
    /// MQTT 3.1 and 3.1.1, named `mqtt`. It has no parameters of its own.
    public static func mqtt(limits: MQTTLimits = MQTTLimits()) -> ProtocolDefinition {
        ProtocolDefinition(
            name: "mqtt", summary: "MQTT 3.1.1 and 3.1: requests and replies as PUBLISH", version: "3.1.1",
            usesEnvelope: true
        ) { options throws(ProtocolSetupError) in
            if let unknown = options.parameters.keys.min() { throw .unknownParameter(unknown, known: []) }
            let configuration = MQTTConfiguration(frameBytesMax: options.frameBytesMax, limits: limits)
            return { MQTTProtocol(configuration) }
        }
    }
}
