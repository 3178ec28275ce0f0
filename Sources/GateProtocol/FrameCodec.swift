public import GateBytes

/// One step of a decoder.
public enum DecodeStep<Frame: Sendable>: Sendable {
    /// No whole frame yet. `needed` bytes from the input's start must be there before another call makes sense (0 when
    /// unknown); a search for a delimiter may go on at `scanned`.
    case incomplete(needed: Int, scanned: Int)
    /// A frame of `byteCount` bytes at the input's start.
    case frame(Frame, byteCount: Int)
}

extension DecodeStep: Equatable where Frame: Equatable {}

/// Bytes <-> frames. Pure: no clock, no I/O, no progress kept.
public protocol FrameCodec<Frame>: Sendable {
    /// One frame as a value.
    associatedtype Frame: Sendable

    /// Decodes the frame at the start of `input`; bytes before `scanned` are known to hold no delimiter.
    func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<Frame>

    /// Appends the bytes of `frame`.
    func encode(_ frame: Frame, into output: inout ByteBuffer) throws(FramingError)
}
