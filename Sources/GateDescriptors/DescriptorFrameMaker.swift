/// Makes frames that a descriptor allows, so that a fuzzer gets behind the length.
///
/// A frame is made from the reading program: each field gets a value that it allows, and lengths are filled in last.
package struct DescriptorFrameMaker<Generator: RandomNumberGenerator> {
    /// Bytes of a field whose length nothing bounds.
    private static var runBytesMax: Int { 40 }
    private let program: DescriptorProgram
    private var bytes: [UInt8] = []
    private var values: [UInt8: UInt64] = [:]
    /// Where the counting field stands, and where the field behind it.
    private var counting: (field: Range<Int>, operation: ReadOperation)?
    /// Where the last integer stands, for the bits of it.
    private var last: (offset: Int, operation: ReadOperation)?
    private let samples: [[UInt8]]

    /// A maker for one descriptor and choice of its parameters.
    package init(_ probe: DescriptorProbe) {
        program = probe.program
        samples = probe.samples
    }

    /// A frame that a client may send.
    package mutating func frame(using generator: inout Generator) -> [UInt8] {
        // What only its writer can say, such as the content of a native part, comes from the vectors.
        let isNative = program.reading.contains { $0.content == .sproto || $0.content == .scutForm }
        if isNative || UInt8.random(in: 0..<8, using: &generator) == 0,
            let one = samples.randomElement(using: &generator)
        {
            return one
        }
        bytes = []
        values = [:]
        (counting, last) = (nil, nil)
        let test = program.kindTests.filter(\.kind.isFromClient).randomElement(using: &generator)
        for condition in test.map({ program.tests[$0.tests] }) ?? [] {
            values[condition.slot] = program.numbers[condition.range.offsets].randomElement(using: &generator)
        }
        planLengths(using: &generator)
        for operation in program.reading where isThere(operation) { append(operation, test, using: &generator) }
        if let counting { fill(counting.field, counting.operation) }
        return withRightChecks(bytes)
    }

    /// The frame with its length told anew, when its counting field is there.
    package func withRightLength(_ frame: [UInt8]) -> [UInt8] {
        var other = self
        other.bytes = frame
        var offset = 0
        for operation in program.reading {
            guard operation.code == .unsigned || operation.code == .constant || operation.code == .fixed else { break }
            if operation.counts != .none {
                let field = offset..<offset + Int(operation.width)
                if field.upperBound <= frame.count { other.fill(field, operation) }
                break
            }
            offset += operation.code == .unsigned ? Int(operation.width) : operation.width(of: program)
        }
        return withRightChecks(other.bytes)
    }

    /// The frame with its checks made anew, as far as they can be reached.
    private func withRightChecks(_ frame: [UInt8]) -> [UInt8] {
        guard program.reading.contains(where: { $0.code == .check }) else { return frame }
        var frame = frame
        for _ in 0..<8 {
            guard let fault = program.checkFault(frame.span) else { break }
            frame.replaceSubrange(fault.offset..<fault.offset + fault.expected.count, with: fault.expected)
        }
        return frame
    }

    /// Fields that say how long a later one is get a value that fits it.
    private mutating func planLengths(using generator: inout Generator) {
        for operation in program.reading where operation.code == .counted {
            values[operation.lengthSlot] = UInt64(length(of: operation, using: &generator))
        }
    }

    /// Whether what the field asks of earlier ones holds.
    private func isThere(_ operation: ReadOperation) -> Bool {
        program.tests[Int(operation.firstTest)..<Int(operation.testsEnd)].allSatisfy { test in
            guard let value = values[test.slot] else { return false }
            return program.numbers[test.range.offsets].contains(value)
        }
    }

    private mutating func append(_ operation: ReadOperation, _ test: KindTest?, using generator: inout Generator) {
        switch operation.code {
        case .unsigned, .varint, .decimal:
            let value = known(operation) ?? number(of: operation, using: &generator)
            if operation.slot != ReadOperation.noSlot { values[operation.slot] = value }
            let place = bytes.count
            last = (place, operation)
            bytes += written(value, operation)
            if operation.counts != .none { counting = (place..<bytes.count, operation) }
        case .bits: setBits(operation, using: &generator)
        case .until:
            let end = program.pool[operation.end.offsets]
            run(operation, length(of: operation, using: &generator), test, using: &generator)
            bytes += end
        case .pairs: appendPairs(operation, test, using: &generator)
        case .inflate, .mark: break
        case .check: bytes += [UInt8](repeating: 0, count: Int(operation.width))
        case .constant: bytes += program.pool[operation.range.offsets]
        case .fixed: run(operation, min(operation.count, program.frameBytesMax + 1), test, using: &generator)
        case .prefixed:
            let place = bytes.count
            bytes += [UInt8](repeating: 0, count: Int(operation.width))
            run(operation, length(of: operation, using: &generator), test, using: &generator)
            set(UInt64(bytes.count - place - Int(operation.width)), at: place, operation)
        case .counted: run(operation, Int(values[operation.lengthSlot] ?? 0), test, using: &generator)
        case .rest: run(operation, length(of: operation, using: &generator), test, using: &generator)
        }
    }

    /// The number that was chosen for a field already.
    private func known(_ operation: ReadOperation) -> UInt64? {
        operation.slot == ReadOperation.noSlot ? nil : values[operation.slot]
    }

    private func number(of operation: ReadOperation, using generator: inout Generator) -> UInt64 {
        if !operation.keepsUnknown,
            let known = program.numbers[operation.range.offsets].randomElement(using: &generator)
        {
            return known
        }
        var most = operation.width >= 8 ? UInt64.max : 1 << (8 * UInt64(operation.width)) - 1
        if operation.code != .unsigned { most = 999 }
        let high = min(operation.maximum, most)
        guard operation.minimum < high else { return operation.minimum }
        return UInt64.random(in: operation.minimum...high, using: &generator)
    }

    private func length(of operation: ReadOperation, using generator: inout Generator) -> Int {
        let low = Int(clamping: min(operation.minimum, UInt64(program.frameBytesMax)))
        var high = min(Int(clamping: operation.maximum), low + Self.runBytesMax)
        if operation.width == 1 { high = min(high, 255) }
        return Int.random(in: low...max(low, high), using: &generator)
    }

    private mutating func run(
        _ operation: ReadOperation, _ count: Int, _ test: KindTest?, using generator: inout Generator
    ) {
        switch operation.content {
        case .sproto, .scutForm, .bytes:
            for _ in 0..<count { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
        case .withoutEncryption, .withoutCompression:
            // Bytes of which the marker has none.
            let marker = program.pool[operation.end.offsets]
            let others = (0...255).filter { !marker.contains($0) }
            for _ in 0..<count { bytes.append(others.randomElement(using: &generator) ?? 0) }
        case .text:
            let letters = Array("Chat/HD_Say@1".utf8)
            for index in 0..<count { bytes.append(letters[index % letters.count]) }
        case .json: appendObject(test, using: &generator)
        case .singleKey:
            bytes += Array(#"{"Hello":{"Name":"x"}}"#.utf8)
        }
    }

    private mutating func appendObject(_ test: KindTest?, using generator: inout Generator) {
        var members: [[UInt8]] = []
        for key in program.keys {
            let bit: UInt32 = 1 << UInt32(key.slot)
            if (test?.absent ?? 0) & bit != 0 { continue }
            if (test?.has ?? 0) & bit == 0 && Bool.random(using: &generator) { continue }
            let text: String
            switch key.slot {
            case FrameValues.route:
                text = [#""Chat/HD_Say""#, #""A\u002fHD_é""#].randomElement(using: &generator) ?? ""
            case FrameValues.identifier:
                text =
                    ["7", "-1", "1.50", #""a\u00e9""#, "null", "9223372036854775808"].randomElement(using: &generator)
                    ?? ""
            default:
                text = ["[1, 2]", "{}", #"{"a":"b"}"#, "null", #""x""#, "1e3"].randomElement(using: &generator) ?? ""
            }
            members.append([0x22] + program.pool[key.range.offsets] + [0x22, 0x3A] + Array(text.utf8))
        }
        bytes.append(UInt8(ascii: "{"))
        bytes += members.shuffled(using: &generator).joined(separator: [UInt8(ascii: ",")])
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func appendPairs(
        _ operation: ReadOperation, _ test: KindTest?, using generator: inout Generator
    ) {
        var value = operation
        value.width = UInt8(operation.count)
        for key in program.keys {
            let bit: UInt32 = 1 << UInt32(key.slot)
            if (test?.absent ?? 0) & bit != 0 { continue }
            if (test?.has ?? 0) & bit == 0 && Bool.random(using: &generator) { continue }
            let text = Array(["7", "Chat/HD_Say", "", "{}"].randomElement(using: &generator)?.utf8 ?? "".utf8)
            bytes += written(UInt64(key.range.offsets.count), operation) + program.pool[key.range.offsets]
            bytes += written(UInt64(text.count), value) + text
        }
        bytes += written(0, operation)
    }

    /// Sets bits of the integer in front.
    private mutating func setBits(_ operation: ReadOperation, using generator: inout Generator) {
        let mask = UInt64(1) << UInt64(operation.width) &- 1
        let wanted = (known(operation) ?? number(of: operation, using: &generator)) & mask
        if operation.slot != ReadOperation.noSlot { values[operation.slot] = wanted }
        guard let last, last.operation.code == .unsigned else { return }
        let width = Int(last.operation.width)
        for bit in 0..<Int(operation.width) {
            let place = operation.count + bit
            let index = last.operation.isLittleEndian ? place / 8 : width - 1 - place / 8
            guard bytes.indices.contains(last.offset + index) else { return }
            let mark = UInt8(1) << UInt8(place % 8)
            if wanted >> UInt64(bit) & 1 == 1 {
                bytes[last.offset + index] |= mark
            } else {
                bytes[last.offset + index] &= ~mark
            }
        }
    }

    /// Writes what a length counts in its place; digits may come and go, so a second round says it for good.
    private mutating func fill(_ field: Range<Int>, _ operation: ReadOperation) {
        var field = field
        for _ in 0..<2 {
            let counted = operation.counts == .frame ? bytes.count : bytes.count - field.upperBound
            let length = written(UInt64(max(0, counted + operation.plus)), operation)
            bytes.replaceSubrange(field, with: length)
            field = field.lowerBound..<field.lowerBound + length.count
        }
    }

    /// A number as the field says it.
    private func written(_ value: UInt64, _ operation: ReadOperation) -> [UInt8] {
        switch operation.code {
        case .varint:
            var rest = value
            var found: [UInt8] = []
            repeat {
                found.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            return found
        case .decimal: return Array(String(value).utf8) + program.pool[operation.end.offsets]
        default:
            return (0..<Int(operation.width)).map { index in
                let shift = 8 * (operation.isLittleEndian ? index : Int(operation.width) - 1 - index)
                return UInt8(truncatingIfNeeded: value >> UInt64(shift))
            }
        }
    }

    private mutating func set(_ value: UInt64, at place: Int, _ operation: ReadOperation) {
        for (index, byte) in written(value, operation).enumerated() { bytes[place + index] = byte }
    }
}

extension ReadOperation {
    /// Bytes of a run whose width the descriptor says.
    fileprivate func width(of program: DescriptorProgram) -> Int {
        code == .constant ? range.offsets.count : count
    }
}
