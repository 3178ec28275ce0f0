import GateDescriptors
import GateProtocol

/// Shows a dissection: each frame as a hex dump with its fields in colours, then the fields.
struct DissectionText {
    let bytes: [UInt8]
    let style: TerminalStyle
    /// Bytes of a line of the dump.
    private static let rowBytes = 16
    /// Bytes shown of a frame that is not whole or has a fault.
    private static let brokenBytesMax = 256

    init(_ bytes: [UInt8], _ style: TerminalStyle) {
        self.bytes = bytes
        self.style = style
    }

    /// All lines.
    func lines(_ dissection: Dissection) -> [String] {
        var lines: [String] = []
        for (index, frame) in dissection.frames.enumerated() {
            if index > 0 { lines.append("") }
            let size = frame.byteCount == 1 ? "1 byte" : "\(frame.byteCount) bytes"
            lines.append(style.strong("frame \(index + 1): \(frame.kind), \(size) at offset \(frame.offset)"))
            lines += dump(frame.offset..<frame.offset + frame.byteCount, frame.fields)
            lines += table(frame.fields)
            lines += meanings(frame)
        }
        if !dissection.frames.isEmpty, dissection.ending != .complete { lines.append("") }
        switch dissection.ending {
        case .complete: if dissection.frames.isEmpty { lines.append("no bytes") }
        case .incomplete(let offset, let byteCount, let needed, let fields):
            let missing = max(1, needed - byteCount)
            lines.append(
                style.strong("incomplete frame at offset \(offset): ")
                    + "\(byteCount) bytes are here, at least \(missing) more \(missing == 1 ? "is" : "are") needed")
            lines += dump(offset..<offset + min(byteCount, Self.brokenBytesMax), fields)
            lines += table(fields)
        case .fault(let fault, let frame, let offset, let field, let fields):
            let place = field.isEmpty ? "" : ", field '\(field)'"
            lines.append(style.bad("fault at offset \(offset)\(place): \(fault.text)"))
            lines.append("a gateway closes the connection: \(WireError.framing(fault).closeReason.rawValue)")
            if let expected = dissection.expectedCheck {
                let digits = expected.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                lines.append("the check of these bytes is \(digits)")
            }
            let shown = max(min(bytes.count, frame + Self.brokenBytesMax), min(bytes.count, offset + Self.rowBytes))
            lines += dump(frame..<shown, fields, fault: offset)
            lines += table(fields)
        }
        return lines
    }

    // MARK: Dump

    private func dump(_ range: Range<Int>, _ fields: [Dissection.Field], fault: Int? = nil) -> [String] {
        var lines: [String] = []
        var before: ArraySlice<UInt8> = []
        var isElided = false
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.rowBytes) {
            let end = min(start + Self.rowBytes, range.upperBound)
            let row = bytes[start..<end]
            // Many lines of the same bytes are one line and an asterisk.
            if row.elementsEqual(before), end < range.upperBound {
                if !isElided { lines.append("  *") }
                isElided = true
                continue
            }
            isElided = false
            before = row
            lines.append(self.row(start..<end, fields, fault))
        }
        return lines
    }

    private func row(_ range: Range<Int>, _ fields: [Dissection.Field], _ fault: Int?) -> String {
        let address = String(range.lowerBound, radix: 16)
        var digits = ""
        var letters = ""
        for place in range {
            let isMiddle = place - range.lowerBound == Self.rowBytes / 2
            digits += (isMiddle ? "  " : place == range.lowerBound ? "" : " ")
            let byte = bytes[place]
            let letter = byte >= 0x20 && byte < 0x7F ? String(UnicodeScalar(byte)) : "."
            if place == fault {
                digits += style.bad(HexText.digits(byte))
                letters += style.bad(letter)
            } else if let field = fields.firstIndex(where: { place >= $0.offset && place < $0.offset + $0.byteCount }) {
                digits += style.field(HexText.digits(byte), field)
                letters += style.field(letter, field)
            } else {
                digits += HexText.digits(byte)
                letters += letter
            }
        }
        let used = 3 * range.count - 1 + (range.count > Self.rowBytes / 2 ? 1 : 0)
        let blanks = String(repeating: " ", count: 3 * Self.rowBytes - used)
        let zeros = String(repeating: "0", count: max(0, 6 - address.count))
        return "  " + style.faint(zeros + address) + "  " + digits + blanks + "  " + letters
    }

    // MARK: Fields

    private func table(_ fields: [Dissection.Field]) -> [String] {
        if fields.isEmpty { return [] }
        let nameWidth = min(20, max(5, fields.map(\.name.count).max() ?? 0))
        let typeWidth = min(12, max(4, fields.map(\.type.count).max() ?? 0))
        let head =
            "  offset  length  " + TextColumns.left("field", nameWidth) + "  " + TextColumns.left("type", typeWidth)
            + "  value"
        return [style.faint(head)]
            + fields.enumerated().map { index, field in
                let start =
                    "  " + TextColumns.right(String(field.offset), 6) + "  "
                    + TextColumns.right(String(field.byteCount), 6) + "  "
                let name = TextColumns.left(TextColumns.clipped(field.name, nameWidth), nameWidth)
                let type = TextColumns.left(TextColumns.clipped(field.type, typeWidth), typeWidth)
                let room = TextColumns.width - start.count - nameWidth - typeWidth - 4
                let value = TextColumns.clipped(Self.text(field.value), room)
                return start + style.field(name, index) + "  " + type + "  " + value
            }
    }

    /// What a frame says in places that are not fields of their own.
    private func meanings(_ frame: Dissection.Frame) -> [String] {
        let names = frame.fields.map(\.name)
        return frame.meanings.filter { !names.contains($0.name) }.map { meaning in
            let label = "  " + TextColumns.left(meaning.name, 14) + "  "
            return label + TextColumns.clipped(Self.text(meaning.value), TextColumns.width - label.count)
        }
    }

    /// A value in one line.
    static func text(_ value: Dissection.Value) -> String {
        switch value {
        case .number(let number, let name): name.map { "\(number) (\($0))" } ?? String(number)
        case .text(let text): text.isEmpty ? "(empty)" : text
        case .bytes(let bytes): HexText.spaced(bytes)
        }
    }
}
