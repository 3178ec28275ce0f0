public import GateBytes

/// How a stream ended.
public enum StreamEnd: Sendable, Hashable {
    /// The peer sent all it had (end of file).
    case endOfFile
    /// The network failed; `code` is the system's errno.
    case failed(code: Int32)
}

/// One client's pipe of bytes. Lives on one loop and is used there only.
///
/// Ownership: the loop keeps a stream until it is closed; the stream keeps its handler until then.
public protocol ByteStream: AnyObject {
    /// The other end.
    var remoteAddress: SocketAddress { get }

    /// Our end.
    var localAddress: SocketAddress { get }

    /// Begins to read and hands everything to `handler`.
    func start(_ handler: any ByteStreamHandler)

    /// Stops reading; at most what is read already still arrives.
    func pauseReading()

    /// Reads again.
    func resumeReading()

    /// Sends the bytes of `buffer` as far as the system takes them at once. What is left moves into the stream, is sent
    /// when the system allows, and ``ByteStreamHandler/writeFinished()`` tells. `buffer` is empty afterwards.
    ///
    /// Only called when ``pendingBytes`` is 0.
    func write(_ buffer: inout ByteBuffer)

    /// As ``write(_:)``, and behind the buffer as much of `tail` as the system takes at once. Where that is not all, a part
    /// of what is left moves into the stream too, and ``ByteStreamHandler/writeFinished()`` tells when more may come.
    /// - Returns: The bytes of `tail` that need not come again.
    func write(_ buffer: inout ByteBuffer, _ tail: Span<UInt8>) -> Int

    /// Bytes that moved into the stream and are not sent yet.
    var pendingBytes: Int { get }

    /// Closes now; unsent bytes are dropped. No further call reaches the handler. Closing twice is harmless.
    func close()

    /// Says end-of-file to the peer after everything written was sent, and closes once the peer has closed too or after
    /// `linger`. No further call reaches the handler.
    func closeAfterFlush(linger: TimeSpan)
}

extension ByteStream {
    /// Copies the tail.
    public func write(_ buffer: inout ByteBuffer, _ tail: Span<UInt8>) -> Int {
        buffer.append(tail)
        write(&buffer)
        return tail.count
    }
}

/// What a stream tells its connection. On the loop.
public protocol ByteStreamHandler: AnyObject {
    /// Bytes arrived; borrowed from the loop's shared read buffer for the length of the call.
    func received(_ bytes: Span<UInt8>)

    /// The peer said ``StreamEnd/endOfFile`` and may still read. `true` keeps the stream open for writes until the handler
    /// closes it, and ``ended(_:)`` comes only if the network fails meanwhile; `false`, the default, lets it come now.
    func inputEnded() -> Bool

    /// The peer closed or the network failed; the stream closes itself after the call.
    ///
    /// A peer that said ``StreamEnd/endOfFile`` may still wait for answers: whoever has some writes them in this call and
    /// then calls ``ByteStream/closeAfterFlush(linger:)``.
    func ended(_ end: StreamEnd)

    /// All bytes that the last `write` left in the stream are with the system. Not called for a `write` that left none.
    func writeFinished()
}

extension ByteStreamHandler {
    /// `false`.
    public func inputEnded() -> Bool { false }
}
