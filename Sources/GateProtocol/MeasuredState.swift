/// What ``WireProtocol/suspend(at:)`` leaves behind, where it knows its own size: what is kept for clients that are away is
/// bounded in bytes. State that is none counts with 4 096 bytes.
public protocol MeasuredState: Sendable {
    /// Bytes of memory that the state holds, about.
    var byteCount: Int { get }
}
