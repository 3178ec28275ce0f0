/// Makes frames that a descriptor allows, so that a fuzzer gets behind the length.
///
/// A frame is made from the reading program: each field gets a value that it allows, and lengths are filled in last.
package struct DescriptorFrameMaker<Generator: RandomNumberGenerator> {
    /// Bytes of a field whose length nothing bounds.
    private static var runBytesMax: Int { 40 }
    private let program: DescriptorProgram
    private var bytes: [UInt8] = []
    private var values: [UInt8: UInt64] = [:]
    /// Where the counting field stands.
    private var counting: (offset: Int, operation: ReadOperation)?

    /// A maker for one descriptor and choice of its parameters.
    package init(_ probe: DescriptorProbe) {
        program = probe.program
    }

    /// A frame that a client may send.
    package mutating func frame(using generator: inout Generator) -> [UInt8] {
        bytes = []
        values = [:]
        counting = nil
        let test = program.kindTests.filter(\.kind.isFromClient).randomElement(using: &generator)
        for condition in test.map({ program.conditions[$0.conditions] }) ?? [] {
            values[condition.slot] = condition.value
        }
        planLengths(using: &generator)
        for operation in program.reading { append(operation, test, using: &generator) }
        if let counting { fill(counting.offset, counting.operation) }
        return bytes
    }

    /// The frame with its length told anew, when its counting field is there.
    package func withRightLength(_ frame: [UInt8]) -> [UInt8] {
        var other = self
        other.bytes = frame
        var offset = 0
        for operation in program.reading {
            guard operation.code == .unsigned || operation.code == .constant || operation.code == .fixed else { break }
            if operation.counts != .none {
                if offset + Int(operation.width) <= frame.count { other.fill(offset, operation) }
                break
            }
            offset += operation.code == .unsigned ? Int(operation.width) : operation.width(of: program)
        }
        return other.bytes
    }

    /// Fields that say how long a later one is get a value that fits it.
    private mutating func planLengths(using generator: inout Generator) {
        for operation in program.reading where operation.code == .counted {
            values[operation.lengthSlot] = UInt64(length(of: operation, using: &generator))
        }
    }

    private mutating func append(_ operation: ReadOperation, _ test: KindTest?, using generator: inout Generator) {
        switch operation.code {
        case .unsigned:
            if operation.counts != .none { counting = (bytes.count, operation) }
            put(values[operation.slot] ?? number(of: operation, using: &generator), operation)
        case .constant: bytes += program.pool[operation.range.offsets]
        case .fixed: run(operation, operation.count, test, using: &generator)
        case .prefixed:
            let place = bytes.count
            put(0, operation)
            run(operation, length(of: operation, using: &generator), test, using: &generator)
            set(UInt64(bytes.count - place - Int(operation.width)), at: place, operation)
        case .counted: run(operation, Int(values[operation.lengthSlot] ?? 0), test, using: &generator)
        case .rest: run(operation, length(of: operation, using: &generator), test, using: &generator)
        }
    }

    private func number(of operation: ReadOperation, using generator: inout Generator) -> UInt64 {
        if !operation.keepsUnknown,
            let known = program.numbers[operation.range.offsets].randomElement(using: &generator)
        {
            return known
        }
        let most = operation.width >= 8 ? UInt64.max : 1 << (8 * UInt64(operation.width)) - 1
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
        case .bytes: for _ in 0..<count { bytes.append(UInt8.random(in: 0...255, using: &generator)) }
        case .text:
            let letters = Array("Chat/HD_Say@1".utf8)
            for index in 0..<count { bytes.append(letters[index % letters.count]) }
        case .json: appendObject(test, using: &generator)
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

    private mutating func fill(_ offset: Int, _ operation: ReadOperation) {
        let counted = operation.counts == .frame ? bytes.count : bytes.count - offset - Int(operation.width)
        set(UInt64(max(0, counted + operation.plus)), at: offset, operation)
    }

    private mutating func put(_ value: UInt64, _ operation: ReadOperation) {
        let place = bytes.count
        bytes += [UInt8](repeating: 0, count: Int(operation.width))
        set(value, at: place, operation)
    }

    private mutating func set(_ value: UInt64, at place: Int, _ operation: ReadOperation) {
        let width = Int(operation.width)
        for index in 0..<width {
            let shift = 8 * (operation.isLittleEndian ? index : width - 1 - index)
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> UInt64(shift))
        }
    }
}

extension ReadOperation {
    /// Bytes of a run whose width the descriptor says.
    fileprivate func width(of program: DescriptorProgram) -> Int {
        code == .constant ? range.offsets.count : count
    }
}
