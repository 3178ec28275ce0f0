import GateBytes
import GateJSON

/// What is written where a handler gave its fault no code: `{fault_code: 500}`, `{fault_code: "UNKNOWN"}`.
struct FaultCodeModel: Sendable {
    let number: Int
    let text: [UInt8]
    /// The text as one value of a JSON body: a word stands in quotes there.
    let json: [UInt8]
    let isNumber: Bool

    init(_ number: Int) {
        self.number = number
        text = Array(String(number).utf8)
        json = text
        isNumber = true
    }

    init(_ word: String) {
        number = 0
        text = Array(word.utf8)
        var quoted: [UInt8] = []
        JSONWriter.appendString(word, to: &quoted)
        json = quoted
        isNumber = false
    }
}

/// The body of a fault where the protocol has no place of its own for the text: what stands around it, and the code in it.
struct FaultModel: Sendable {
    /// Where the code stands: its place among the bytes in front of the text, or among those behind it.
    private struct Code: Sendable {
        var isBehind: Bool
        var place: Int
        var other: [UInt8]
    }

    private var before: [UInt8]
    private var after: [UInt8]
    private var code: Code?

    init(before: [UInt8], after: [UInt8]) {
        self.before = before
        self.after = after
        for isBehind in [false, true] where code == nil {
            guard let (rest, place, other) = Self.withoutCode(isBehind ? after : before) else { continue }
            code = Code(isBehind: isBehind, place: place, other: other)
            if isBehind { self.after = rest } else { self.before = rest }
        }
    }

    /// Appends the body that says `text`.
    func write(_ text: Span<UInt8>, code: Int32, into output: inout ByteBuffer) {
        append(before, isBehind: false, code, to: &output)
        output.appendJSONString(text)
        append(after, isBehind: true, code, to: &output)
    }

    private func append(_ bytes: [UInt8], isBehind: Bool, _ code: Int32, to output: inout ByteBuffer) {
        guard let mark = self.code, mark.isBehind == isBehind else {
            output.append(bytes)
            return
        }
        output.append(Array(bytes[..<mark.place]))
        output.append(code == 0 ? mark.other : Array(String(code).utf8))
        output.append(Array(bytes[mark.place...]))
    }

    /// The text without `{"fault_code":N}`, where that stood, and N; `nil` when it is not there.
    private static func withoutCode(_ text: [UInt8]) -> (rest: [UInt8], place: Int, other: [UInt8])? {
        let mark = Array(#"{"fault_code":"#.utf8)
        var place = 0
        while place + mark.count <= text.count, !text[place...].starts(with: mark) { place += 1 }
        guard place + mark.count <= text.count,
            let end = text[(place + mark.count)...].firstIndex(of: UInt8(ascii: "}"))
        else { return nil }
        let other = Array(text[(place + mark.count)..<end])
        return (Array(text[..<place]) + text[(end + 1)...], place, other)
    }
}

extension FrameContent {
    /// The code of a fault as a number of a field: the handler's, where there is one and the field holds it.
    func faultCode(of operation: WriteOperation) -> UInt64 {
        faultCode > 0 && UInt64(faultCode) <= operation.maximum ? UInt64(faultCode) : UInt64(max(0, operation.plus))
    }
}

extension DescriptorProgram {
    /// Appends the code of a fault as a text.
    func appendFaultCode(_ operation: WriteOperation, _ content: borrowing FrameContent, to output: inout ByteBuffer) {
        if content.faultCode != 0 {
            output.append(Array(String(content.faultCode).utf8))
        } else {
            output.append(Array(pool[operation.range.offsets]))
        }
    }
}
