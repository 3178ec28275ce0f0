import GateBytes
import GateProtocol

extension DescriptorProgram {
    /// Compares a check with the bytes it covers.
    func verify(
        _ input: Span<UInt8>, _ start: Int, _ offset: Int, _ index: Int, _ values: inout FrameValues
    ) throws(FramingError) {
        let operation = reading[index]
        let slot = operation.lengthSlot
        let first = slot != ReadOperation.noSlot && values.has(slot) ? start + Int(values.number(slot)) : start
        let expected = operation.checksum.bytes(
            over: input.extracting(first..<offset), key: checkKey, isLittleEndian: operation.isLittleEndian)
        for (place, byte) in expected.enumerated() where input[offset + place] != byte { throw .badChecksum }
    }
}
