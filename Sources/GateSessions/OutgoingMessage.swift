import GateBytes
public import GateProtocol

/// A message from a module to clients: what a push carries.
public struct OutgoingMessage: Sendable, Hashable {
    /// Topic or route that names the message to the client, UTF-8.
    public var topic: [UInt8]
    /// The body.
    public var payload: [UInt8]
    /// What the body is.
    public var form: PayloadForm
    /// How surely it shall arrive.
    public var quality: DeliveryQuality

    /// A message with a body of bytes.
    public init(
        _ topic: String, _ payload: [UInt8], form: PayloadForm = .bytes, quality: DeliveryQuality = .atMostOnce
    ) {
        self.topic = [UInt8](topic.utf8)
        self.payload = payload
        self.form = form
        self.quality = quality
    }

    /// A message with a body that is borrowed and copied.
    public init(
        _ topic: String, _ payload: Span<UInt8>, form: PayloadForm = .bytes, quality: DeliveryQuality = .atMostOnce
    ) {
        self.init(topic, [UInt8](copying: payload), form: form, quality: quality)
    }
}
