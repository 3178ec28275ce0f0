import GateBytes
import GateProtocol

extension DescriptorProgram {
    /// Whether the bytes up to the frame's end are compressed: all are where a flag said so, else those that begin as
    /// compressed bytes do.
    @inline(never)
    func isPacked(_ input: Span<UInt8>, _ offset: Int, _ end: Int, _ index: Int) -> Bool {
        let mark = reading[index].range
        return end - offset >= mark.offsets.count && matches(input, offset, mark)
    }

    /// Reads the rest of a frame from compressed bytes.
    ///
    /// The frame is put together as if it had never been compressed, behind what the scratch bytes hold already, and read
    /// there from the next operation on:
    ///
    /// ```
    /// input     start | head | compressed ... | end
    /// scratch   ...   | head | inflated ........... |
    /// ```
    @inline(never)
    func readInflated(
        _ input: Span<UInt8>, _ start: Int, _ offset: Int, _ end: Int, _ index: Int, values: inout FrameValues,
        scratch: inout ByteBuffer
    ) throws(FramingError) {
        var frame = ByteBuffer()
        frame.append(input, range: start..<offset)
        try Compression.inflate(
            input.extracting(offset..<end), reading[index].method, bytesMax: inflatedBytesMax, into: &frame)
        let base = scratch.count
        let known = values.present
        let bytes = frame.array()
        scratch.append(bytes)
        var progress = ReadProgress()
        var trace = NoFrameTrace()
        let reading = try read(
            bytes.span, at: 0, from: index + 1, offset - start, bytes.count, values: &values, progress: &progress,
            scratch: &scratch, trace: &trace)
        guard case .frame = reading else { throw .truncatedField }
        let added = values.present & ~known
        for slot in UInt8(0)..<32 where added >> UInt32(slot) & 1 == 1 && !holdsNumber(slot) {
            let range = values.range(slot)
            guard range.region == .input else { continue }
            values.set(
                slot, range: ByteRange(start: base + Int(range.start), count: Int(range.count), region: .scratch))
        }
    }

    /// Whether a slot gets numbers, not places of bytes.
    private func holdsNumber(_ slot: UInt8) -> Bool {
        if slot == FrameValues.code { return true }
        if slot == FrameValues.identifier { return identifiers == .number }
        return reading.contains { operation in
            switch operation.code {
            case .unsigned, .varint, .decimal, .bits, .mark: operation.slot == slot
            case .constant, .fixed, .prefixed, .counted, .rest, .until, .pairs, .inflate, .check: false
            }
        }
    }
}
