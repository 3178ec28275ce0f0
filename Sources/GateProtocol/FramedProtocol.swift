public import GateBytes

/// A ready ``WireProtocol`` around a ``FrameCodec`` of ``GateFrame``s: session at connect, heartbeats echoed, idle time.
///
/// A frame of kind request or notify becomes a message, a heartbeat is answered by one, any other kind from a client is a
/// violation. What the gateway says becomes a ``GateFrame`` of its kind, and its bytes are the codec's affair: a codec whose
/// protocol has no word for an error writes a ``GateFrame/Kind/error`` frame as a response with the body `{"Error":text}`.
public final class FramedProtocol<Codec: FrameCodec>: WireProtocol where Codec.Frame == GateFrame {
    private let codec: Codec
    private let idle: TimeSpan
    private var scanned = 0
    /// Bytes from the next frame's start before another look makes sense; spares the codec each byte that drips in.
    private var needed = 0
    private var lastReceived = MonotonicTime(nanoseconds: 0)

    /// A protocol around `codec`; a client that says nothing for `idle` is closed, zero for never.
    public init(_ codec: Codec, idle: TimeSpan = .zero) {
        self.codec = codec
        self.idle = idle
    }

    public func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        lastReceived = now
        if idle > .zero { effects.wakeUp = now + idle }
        effects.open(Credentials(isLogin: false))
    }

    public func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int {
        lastReceived = now
        if input.count < needed {
            effects.bytesNeeded = needed
            return 0
        }
        needed = 0
        var consumed = 0
        while consumed < input.count && !effects.isFull {
            switch try step(input.extracting(consumed..<input.count)) {
            case .incomplete(let needed, let scanned):
                self.scanned = scanned
                self.needed = needed
                effects.bytesNeeded = needed
                return consumed
            case .frame(let frame, let byteCount):
                precondition(byteCount > 0, "a frame has at least one byte")
                scanned = 0
                try take(frame, effects: &effects)
                consumed += byteCount
            }
        }
        return consumed
    }

    public func send(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
        effects: inout ProtocolEffects
    ) throws(WireError) {
        guard let frame = GateFrame(action, topic: topic, payload: payload) else { return }
        try write(frame, effects: &effects)
    }

    public func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        guard idle > .zero else { return }
        if now >= lastReceived + idle { throw .keepAliveExpired }
        effects.wakeUp = lastReceived + idle
    }

    private func step(_ rest: Span<UInt8>) throws(WireError) -> DecodeStep<GateFrame> {
        do {
            return try codec.decode(rest, scanned: scanned)
        } catch {
            throw .framing(error)
        }
    }

    private func take(_ frame: GateFrame, effects: inout ProtocolEffects) throws(WireError) {
        switch frame.kind {
        case .heartbeat: try write(frame, effects: &effects)
        case .request, .notify:
            let topic = effects.scratch.count
            effects.scratch.append(frame.route)
            let payload = effects.scratch.count
            effects.scratch.append(frame.payload)
            var message = ClientMessage(
                kind: frame.kind == .request ? .request : .notify,
                topic: ByteRange(start: topic, count: frame.route.count, region: .scratch),
                payload: ByteRange(start: payload, count: frame.payload.count, region: .scratch),
                correlation: Correlation(rawValue: frame.id))
            message.isInTurn = frame.kind == .request && frame.id == 0
            effects.append(.message(message))
        case .response, .push, .error, .kick: throw .unexpectedFrame(kind: Int(frame.kind.rawValue))
        }
    }

    private func write(_ frame: GateFrame, effects: inout ProtocolEffects) throws(WireError) {
        do {
            try codec.encode(frame, into: &effects.output)
        } catch {
            throw .framing(error)
        }
    }
}
