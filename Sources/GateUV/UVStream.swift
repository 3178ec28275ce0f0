import CUV
package import GateBytes
package import GateIO
import Glibc
import Synchronization

/// A TCP connection on a libuv loop.
///
/// Kept by its handle from init until libuv's close callback. Costs, idle: this object (96 bytes of malloc) and a
/// `uv_tcp_t` (256); a write that the system does not take at once adds a request until it is sent.
@safe
package final class UVStream: ByteStream, LoopHandle {
    private enum State {
        case open
        /// Everything written is sent, then the peer's end of file is waited for; the handler hears nothing.
        case ending
        case closed
    }

    package let remoteAddress: SocketAddress
    private let loop: UVEventLoop
    /// Valid until the close callback frees it, after which `state` is `closed`.
    private let tcp: UnsafeMutablePointer<uv_tcp_t>
    private var handler: (any ByteStreamHandler)?
    private var lingerTimer = TimerID.none
    private var state = State.open
    private var isReading = false
    private var hasPeerEnded = false
    private var hasFlushed = false
    /// The errno of the write after which the peer takes nothing more; 0 while it does.
    private var writeFault: Int32 = 0

    /// A stream that owns the connected socket `fd`. Throws the errno; then `fd` is still the caller's.
    init(loop: UVEventLoop, fd: Int32, remoteAddress: SocketAddress) throws(SystemError) {
        self.loop = loop
        self.remoteAddress = remoteAddress
        var error: Int32 = 0
        // Sound: on the loop's thread; the data is set below before anything can call back.
        guard let tcp = unsafe gatehouse_tcp_create(loop.memory, fd, nil, &error) else { throw SystemError(uv: error) }
        unsafe self.tcp = tcp
        // Balanced in `closed`.
        unsafe tcp.pointee.data = Unmanaged.passRetained(self).toOpaque()
        _ = unsafe uv_tcp_nodelay(tcp, 1)
        loop.streamCount.wrappingAdd(1, ordering: .relaxed)
    }

    package var localAddress: SocketAddress {
        if state == .closed { return SocketAddress(v4: 0, port: 0) }
        // Sound: the handle lives, see `tcp`.
        return unsafe SocketAddress.named(by: { unsafe uv_tcp_getsockname(tcp, $0, $1) })
            ?? SocketAddress(v4: 0, port: 0)
    }

    package func start(_ handler: any ByteStreamHandler) {
        precondition(self.handler == nil, "a stream has one handler")
        if state != .open { return }
        self.handler = handler
        resumeReading()
    }

    package func pauseReading() {
        if state != .open || !isReading { return }
        isReading = false
        // Sound: the handle lives, see `tcp`.
        unsafe gatehouse_tcp_read_stop(tcp)
    }

    package func resumeReading() {
        if state != .open || isReading || hasPeerEnded { return }
        startReading()
    }

    private func startReading() {
        isReading = true
        // Sound: the handle lives, see `tcp`. The read buffer is the loop's.
        let error = unsafe gatehouse_tcp_read_start(tcp) { handle, count, buffer in
            guard let data = unsafe handle?.pointee.data else { return }
            // Sound: the data of a TCP handle is its stream, kept until the close callback.
            unsafe Unmanaged<UVStream>.fromOpaque(data)._withUnsafeGuaranteedRef { stream in
                if count > 0, let base = unsafe buffer?.pointee.base {
                    unsafe stream.received(UnsafeRawPointer(base).assumingMemoryBound(to: UInt8.self), count)
                } else if count < 0 {
                    stream.readEnded(code: Int32(truncatingIfNeeded: count))
                }
            }
        }
        if error != 0 { loop.reportFailure(of: self, code: -error) }
    }

    private func received(_ base: UnsafePointer<UInt8>, _ count: Int) {
        guard state == .open, let handler else { return }
        // Sound: libuv filled `count` bytes of the loop's buffer, which nobody writes to before this returns.
        unsafe handler.received(Span(_unsafeStart: base, count: count))
    }

    private func readEnded(code: Int32) {
        isReading = false
        end(code == UV_EOF.rawValue ? .endOfFile : .failed(code: -code))
    }

    /// A write that the system refused, told at the end of the turn.
    ///
    /// A peer that has gone may have sent something before, which still waits in the socket: it is read first, and the end
    /// behind it is this failure. Writes are dropped until then.
    func writeFailed(code: Int32) {
        guard state == .open, !hasPeerEnded, code == EPIPE || code == ECONNRESET else {
            return end(.failed(code: code))
        }
        writeFault = code
    }

    private func end(_ told: StreamEnd) {
        hasPeerEnded = true
        let end = writeFault == 0 ? told : .failed(code: writeFault)
        switch state {
        case .open:
            if end == .endOfFile, handler?.inputEnded() == true { return }
            handler?.ended(end)
            if state == .open { close() }
        case .ending:
            if hasFlushed || end != .endOfFile { close() }
        case .closed: break
        }
    }

    /// Connects the fresh socket; see ``UVEventLoop/connect(to:from:completion:)``.
    func connect(_ completion: @escaping (Result<any ByteStream, SystemError>) -> Void) throws(SystemError) {
        let owner = unsafe Unmanaged.passRetained(PendingConnect(stream: self, completion: completion))
        // Sound: the address is lent for the call; the callback comes exactly once and lets go of `owner`.
        let error = unsafe remoteAddress.withSystemAddress { address, _ in
            unsafe gatehouse_tcp_connect(tcp, address, owner.toOpaque()) { request, status in
                guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
                unsafe free(request)
                unsafe Unmanaged<PendingConnect>.fromOpaque(data).takeRetainedValue().finish(status)
            }
        }
        if error != 0 {
            unsafe owner.release()
            throw SystemError(uv: error)
        }
    }

    // MARK: Writing

    package var pendingBytes: Int {
        // Sound: the handle lives, see `tcp`.
        state == .closed ? 0 : unsafe gatehouse_tcp_pending(tcp)
    }

    package func write(_ buffer: inout ByteBuffer) {
        if state != .open || buffer.isEmpty || writeFault != 0 {
            buffer.removeAll()
            return
        }
        // Sound: the bytes are borrowed for the length of the call; the handle lives, see `tcp`.
        let sent = unsafe buffer.withUnsafeBytes { bytes in
            unsafe gatehouse_tcp_try_write(tcp, bytes.baseAddress, bytes.count)
        }
        if sent == buffer.count {
            buffer.removeAll()
        } else if sent >= 0 || sent == UV_EAGAIN.rawValue {
            precondition(pendingBytes == 0, "a stream takes bytes when all earlier ones are sent")
            buffer.removeFirst(max(0, Int(sent)))
            writeRest(of: &buffer)
        } else {
            buffer.removeAll()
            loop.reportFailure(of: self, code: -sent)
        }
    }

    package func write(_ buffer: inout ByteBuffer, _ tail: Span<UInt8>) -> Int {
        if state != .open {
            buffer.removeAll()
            return tail.count
        }
        let head = buffer.count
        // Sound: the bytes are borrowed for the length of the call; the handle lives, see `tcp`.
        let sent = unsafe buffer.withUnsafeBytes { first in
            unsafe tail.withUnsafeBytes { second in
                unsafe gatehouse_tcp_try_write_two(
                    tcp, first.baseAddress, first.count, second.baseAddress, second.count)
            }
        }
        guard sent >= 0 || sent == UV_EAGAIN.rawValue else {
            buffer.removeAll()
            loop.reportFailure(of: self, code: -sent)
            return tail.count
        }
        let taken = max(0, Int(sent))
        if taken == head + tail.count {
            buffer.removeAll()
            return tail.count
        }
        precondition(pendingBytes == 0, "a stream takes bytes when all earlier ones are sent")
        buffer.removeFirst(min(taken, head))
        var used = max(0, taken - head)
        // A part only: what is large is others' too, and stays there until the system has room.
        let more = min(tail.count - used, max(0, Self.partBytes - buffer.count))
        buffer.append(tail.extracting(used..<used + more))
        used += more
        writeRest(of: &buffer)
        return used
    }

    /// How much of a tail moves into the stream while the system has no room: 16 KiB.
    private static let partBytes = 16_384

    private func writeRest(of buffer: inout ByteBuffer) {
        let rest = PendingWrite(stream: self)
        swap(&rest.bytes, &buffer)
        let owner = unsafe Unmanaged.passRetained(rest)
        // Sound: `rest` keeps the bytes where they are until the request's callback, which libuv calls exactly once.
        let error = unsafe rest.bytes.withUnsafeBytes { bytes in
            unsafe gatehouse_tcp_write(tcp, bytes.baseAddress, bytes.count, owner.toOpaque()) { request, status in
                guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
                let rest = unsafe Unmanaged<PendingWrite>.fromOpaque(data).takeRetainedValue()
                unsafe free(request)
                rest.stream.restWritten(status)
            }
        }
        if error != 0 {
            unsafe owner.release()
            loop.reportFailure(of: self, code: -error)
        }
    }

    private func restWritten(_ status: Int32) {
        if state != .open { return }
        if status == 0 {
            handler?.writeFinished()
        } else {
            writeFailed(code: -status)
            // What waited is dropped, so nobody need wait for it.
            if state == .open { handler?.writeFinished() }
        }
    }

    // MARK: Closing

    package func close() {
        if state == .closed { return }
        state = .closed
        loop.streamCount.wrappingSubtract(1, ordering: .relaxed)
        if lingerTimer != .none { loop.cancel(lingerTimer) }
        // Sound: closed once; the handle is freed and the stream let go of in the callback only.
        unsafe gatehouse_tcp_close(tcp) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            let stream = unsafe Unmanaged<UVStream>.fromOpaque(data).takeRetainedValue()
            unsafe free(handle)
            stream.handler = nil
        }
    }

    func closeHandle() { close() }

    package func closeAfterFlush(linger: TimeSpan) {
        if state != .open { return }
        state = .ending
        // Sound: the handle lives, see `tcp`; the callback is called exactly once and before the close callback, until
        // which the stream is kept.
        let error = unsafe gatehouse_tcp_shutdown(tcp, Unmanaged.passUnretained(self).toOpaque()) { request, status in
            guard let request = unsafe request, let data = unsafe request.pointee.data else { return }
            unsafe free(request)
            unsafe Unmanaged<UVStream>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.flushed(status) }
        }
        if error != 0 {
            close()
            return
        }
        // What the peer still sends is read and dropped: closing a socket with unread input resets the connection, and
        // the peer could lose what it has not read yet.
        if !isReading && !hasPeerEnded { startReading() }
        if state == .ending { lingerTimer = loop.schedule(self, at: loop.now + linger) }
    }

    private func flushed(_ status: Int32) {
        if state != .ending { return }
        hasFlushed = true
        if status != 0 || hasPeerEnded { close() }
    }
}

extension UVStream: TimerTarget {
    /// The peer had its time to close.
    package func timerFired(at now: MonotonicTime) {
        lingerTimer = .none
        close()
    }
}

/// Streams stay on their loop.
@available(*, unavailable)
extension UVStream: Sendable {}

/// A connection that is being made.
private final class PendingConnect {
    private let stream: UVStream
    private let completion: (Result<any ByteStream, SystemError>) -> Void

    init(stream: UVStream, completion: @escaping (Result<any ByteStream, SystemError>) -> Void) {
        self.stream = stream
        self.completion = completion
    }

    func finish(_ status: Int32) {
        if status == 0 {
            completion(.success(stream))
        } else {
            stream.close()
            completion(.failure(SystemError(uv: status)))
        }
    }
}

/// Bytes that libuv sends when the system allows.
private final class PendingWrite {
    let stream: UVStream
    var bytes = ByteBuffer()

    init(stream: UVStream) {
        self.stream = stream
    }
}
