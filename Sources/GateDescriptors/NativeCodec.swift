/// A part of a frame that is written in Swift because data cannot say it.
enum NativeCodec: String, CaseIterable, Sendable {
    /// skynet's example protocol: 0-packed, a header of type and session, content.
    case sprotoRPC = "sproto-rpc"
    /// Scut's request: a percent-encoded form with a keyed MD5 at its end.
    case scutForm = "scut-form"
}
