import GateBytes
import GateProtocol

/// Numbers and values of the frame that is answered.
extension DescriptorProgram {
    /// Refuses a number that its field does not hold.
    func check(
        _ value: UInt64, _ operation: WriteOperation, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let isAllowed =
            value >= operation.minimum && value <= operation.maximum
            && (!operation.isEnumerated || numbers[operation.range.offsets].contains(value))
        if isAllowed { return }
        output.truncate(to: start)
        throw .notEncodable(bytes: Int(clamping: value), limit: Int(clamping: operation.maximum))
    }

    /// Appends bytes of the frame that is answered. Zeros fill a field of fixed length behind fewer bytes.
    func appendCopy(
        _ value: CopiedValue, _ operation: WriteOperation, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        if operation.isJSON, !value.isThere {
            output.append("null")
            return
        }
        if operation.isQuoted {
            output.appendJSONString(value.bytes.span)
            return
        }
        guard UInt64(value.bytes.count) <= operation.maximum else {
            output.truncate(to: start)
            throw .notEncodable(bytes: value.bytes.count, limit: Int(clamping: operation.maximum))
        }
        output.append(value.bytes)
        for _ in value.bytes.count..<max(value.bytes.count, Int(clamping: operation.minimum)) {
            output.append(UInt8(0))
        }
    }

    /// Puts a number into bits of the integer in front.
    func setBits(
        _ operation: WriteOperation, _ content: borrowing FrameContent, from start: Int, _ output: inout ByteBuffer
    ) throws(FramingError) {
        let value = content.number(operation)
        try check(value, operation, from: start, &output)
        let width = Int(operation.width)
        let place = output.count - width
        for index in 0..<width {
            let offset = operation.isLittleEndian ? place + index : place + width - 1 - index
            let bits = UInt8(truncatingIfNeeded: (value << UInt64(operation.plus)) >> UInt64(8 * index))
            output.set(offset, to: output[offset] | bits)
        }
    }
}

extension FrameContent {
    /// The time in milliseconds.
    var milliseconds: UInt64 { UInt64(clamping: now.nanoseconds / 1_000_000) }

    /// A number of the source that an operation names; 0 for an id that is none.
    func number(_ operation: WriteOperation) -> UInt64 {
        switch operation.source {
        case .identifier: if case .number(let number) = identifier { number } else { 0 }
        case .code: code
        case .faultCode: faultCode(of: operation)
        case .now: milliseconds
        case .copied: copy(operation.copy).number
        }
    }
}
