import GateBytes

/// Which pushed messages have not reached everybody yet.
///
/// A message's payload begins with its number, so a delivery names what it delivers:
/// ```
///  " 00000000 xxxx... "       a JSON text; eight digits behind the quote
/// ```
package struct FanoutTally {
    /// Bytes of the shortest payload: quotes and number.
    package static let payloadBytesMin = 10
    /// Most messages in flight.
    package static let inFlightMax = 1_024

    private var starts: [Int64]
    private var missing: [Int]
    private let mask: Int
    private let inFlight: Int
    private var oldest = 0
    /// Number of the next message.
    package private(set) var next = 0

    /// Room for `inFlight` messages, 1...``inFlightMax``.
    package init(inFlight: Int) {
        var size = 1
        while size < inFlight { size *= 2 }
        starts = [Int64](repeating: 0, count: size)
        missing = [Int](repeating: 0, count: size)
        mask = size - 1
        self.inFlight = inFlight
    }

    /// A payload with room for the number.
    package static func payload(bytes count: Int) -> [UInt8] {
        var payload = RequestTemplate.payload(bytes: count)
        for index in 1...RequestTemplate.tokenDigits { payload[index] = UInt8(ascii: "0") }
        return payload
    }

    /// The number in a payload, `nil` when it is none of ours.
    @inline(__always)
    package static func number(in input: Span<UInt8>, body: Range<Int>) -> Int? {
        if body.count < payloadBytesMin { return nil }
        return input.tokenNumber((body.lowerBound + 1)..<(body.lowerBound + 1 + RequestTemplate.tokenDigits))
    }

    /// Whether one more message may be sent.
    package var hasRoom: Bool { next - oldest < inFlight }

    /// Messages that have not reached everybody.
    package var count: Int { next - oldest }

    /// Notes a message that goes to `readers` now.
    /// - Returns: Its number on the wire.
    package mutating func push(at start: Int64, readers: Int) -> Int {
        precondition(hasRoom, "no more messages are in flight than there is room for")
        starts[next & mask] = start
        missing[next & mask] = readers
        next += 1
        return (next - 1) % RequestTemplate.tokenLimit
    }

    /// Notes a delivery.
    /// - Returns: When the message started; `nil` for one that is over.
    @inline(__always)
    package mutating func delivered(_ token: Int) -> Int64? {
        let distance = (token - oldest) % RequestTemplate.tokenLimit
        let number = oldest + (distance < 0 ? distance + RequestTemplate.tokenLimit : distance)
        if number >= next || missing[number & mask] == 0 { return nil }
        missing[number & mask] -= 1
        let start = starts[number & mask]
        while oldest < next && missing[oldest & mask] == 0 { oldest += 1 }
        return start
    }

    /// Gives up the messages from before `deadline`.
    /// - Returns: Deliveries that never came.
    package mutating func giveUp(before deadline: Int64) -> Int {
        var given = 0
        while oldest < next && starts[oldest & mask] < deadline {
            given += missing[oldest & mask]
            missing[oldest & mask] = 0
            oldest += 1
        }
        while oldest < next && missing[oldest & mask] == 0 { oldest += 1 }
        return given
    }
}
