/// A value of a file that is being made. Keys may stand twice.
indirect enum FuzzNode: Sendable {
    case object([(String, FuzzNode)])
    case array([FuzzNode])
    case text(String)
    case number(Int)
    /// A word of the text as it stands: numbers that are none of ours.
    case plain(String)

    func write(into text: inout [UInt8]) {
        switch self {
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.quote(member.0, into: &text)
                text.append(UInt8(ascii: ":"))
                member.1.write(into: &text)
            }
            text.append(UInt8(ascii: "}"))
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.write(into: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .text(let word): Self.quote(word, into: &text)
        case .number(let number): text += Array(String(number).utf8)
        case .plain(let word): text += Array(word.utf8)
        }
    }

    /// Numbers in it, and texts that are times.
    var numberCount: Int {
        switch self {
        case .object(let members): members.reduce(0) { $0 + $1.1.numberCount }
        case .array(let elements): elements.reduce(0) { $0 + $1.numberCount }
        case .number: 1
        case .text(let word): Self.isTime(word) ? 1 : 0
        case .plain: 0
        }
    }

    /// Puts something else in place of one of its numbers, counted from 0.
    mutating func replaceNumber(_ place: inout Int, with edge: FuzzNode, _ time: FuzzNode) {
        switch self {
        case .object(var members):
            for index in members.indices { members[index].1.replaceNumber(&place, with: edge, time) }
            self = .object(members)
        case .array(var elements):
            for index in elements.indices { elements[index].replaceNumber(&place, with: edge, time) }
            self = .array(elements)
        case .number:
            if place == 0 { self = edge }
            place -= 1
        case .text(let word) where Self.isTime(word):
            if place == 0 { self = time }
            place -= 1
        case .text, .plain: break
        }
    }

    private static func isTime(_ word: String) -> Bool {
        guard let first = word.utf8.first, let last = word.utf8.last else { return false }
        return (0x30...0x39).contains(first) && (last == UInt8(ascii: "s") || last == UInt8(ascii: "m"))
            || word.hasSuffix("$beat")
    }

    private static func quote(_ word: String, into text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in word.utf8 {
            switch byte {
            case 0..<0x20: text += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}

extension FuzzNode: ExpressibleByStringLiteral {
    typealias StringLiteralType = String
    init(stringLiteral value: String) { self = .text(value) }
}

extension FuzzNode: ExpressibleByIntegerLiteral {
    typealias IntegerLiteralType = Int
    init(integerLiteral value: Int) { self = .number(value) }
}

extension FuzzNode: ExpressibleByArrayLiteral {
    typealias ArrayLiteralElement = FuzzNode
    init(arrayLiteral elements: FuzzNode...) { self = .array(elements) }
}

extension FuzzNode: ExpressibleByDictionaryLiteral {
    typealias Key = String
    typealias Value = FuzzNode
    init(dictionaryLiteral elements: (String, FuzzNode)...) { self = .object(elements) }
}
