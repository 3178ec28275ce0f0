import GateBytes
import GateProtocol

extension DescriptorProgram {
    /// Compares a check with the bytes it covers.
    func verify(
        _ input: Span<UInt8>, _ start: Int, _ offset: Int, _ index: Int, _ values: inout FrameValues
    ) throws(FramingError) {
        let expected = expectedCheck(input, start, offset, index, &values)
        for (place, byte) in expected.enumerated() where input[offset + place] != byte { throw .badChecksum }
    }

    private func expectedCheck(
        _ input: Span<UInt8>, _ start: Int, _ offset: Int, _ index: Int, _ values: inout FrameValues
    ) -> [UInt8] {
        let operation = reading[index]
        let slot = operation.lengthSlot
        let first = slot != ReadOperation.noSlot && values.has(slot) ? start + Int(values.number(slot)) : start
        return operation.checksum.bytes(
            over: input.extracting(first..<offset), key: checkKey, isLittleEndian: operation.isLittleEndian)
    }

    /// The first check in a run of frames that is not that of its bytes, for people; `nil` when something else is wrong, and
    /// for one inside compressed bytes.
    func checkFault(_ input: Span<UInt8>, at start: Int = 0) -> CheckFault? {
        var start = start
        while start < input.count {
            var values = FrameValues()
            var scratch = ByteBuffer()
            var trace = LastOperationTrace()
            do throws(FramingError) {
                switch try read(input, at: start, values: &values, scratch: &scratch, trace: &trace) {
                case .frame(let end), .empty(let end): start = end
                case .incomplete: return nil
                }
            } catch {
                guard case .badChecksum = error, reading[trace.operation].code == .check else { return nil }
                let expected = expectedCheck(input, start, trace.offset, trace.operation, &values)
                let place = trace.offset..<trace.offset + expected.count
                return CheckFault(
                    offset: trace.offset, found: [UInt8](copying: input, range: place), expected: expected)
            }
        }
        return nil
    }
}

/// A check that is not that of the bytes it covers.
struct CheckFault {
    /// Where it stands.
    var offset: Int
    var found: [UInt8]
    var expected: [UInt8]
}

/// Remembers the operation that began last.
private struct LastOperationTrace: FrameTrace {
    private(set) var operation = 0
    private(set) var offset = 0

    mutating func begin(_ operation: Int, at offset: Int) { (self.operation, self.offset) = (operation, offset) }
    mutating func end(at offset: Int) {}
}
