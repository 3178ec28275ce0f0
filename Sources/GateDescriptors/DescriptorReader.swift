import GateJSON

/// Takes values out of a descriptor's document and collects what is wrong with them.
struct DescriptorReader {
    let file: String
    /// What `$name` stands for.
    var parameters: [String: String] = [:]
    /// Those of ``parameters`` whose values are numbers.
    var numericParameters: Set<String> = []
    /// What `$routes` stands for: names and their codes.
    var dictionary: [(name: [UInt8], code: UInt64)] = []
    /// Whether names get no numbers, so that no table of them is written.
    var hidesDictionary = false
    /// Whether a listener's own limit takes the place of `limits`.
    var ignoresLimits = false
    private(set) var problems: [DescriptorProblem] = []

    init(file: String) {
        self.file = file
    }

    mutating func report(_ fault: DescriptorFault, at place: DescriptorPlace) {
        guard problems.count < DescriptorLimits.problemsMax else { return }
        let problem = DescriptorProblem(file: file, path: place.path, position: place.position, fault: fault)
        // Each choice of parameters is read anew and finds the same problems.
        if !problems.contains(problem) { problems.append(problem) }
    }

    /// The members of an object, each of whose keys must be one of `valid`; empty when it is none.
    mutating func members(of node: JSONNode, _ path: String, valid: [String]) -> [JSONNode.Member] {
        let members = members(of: node, path)
        for member in members where !valid.contains(member.key) {
            report(
                .unknownKey(member.key, valid: valid),
                at: DescriptorPlace(path: "\(path).\(plain(member.key))", position: member.keyPosition))
        }
        return members
    }

    /// The members of an object with any keys; empty when it is none.
    mutating func members(of node: JSONNode, _ path: String) -> [JSONNode.Member] {
        do {
            return try node.members()
        } catch {
            wrongKind("an object", node, path)
            return []
        }
    }

    /// The elements of an array; empty when it is none.
    mutating func elements(of node: JSONNode, _ path: String) -> [JSONNode] {
        do {
            return try node.elements()
        } catch {
            wrongKind("an array", node, path)
            return []
        }
    }

    /// A string, or what the parameter stands for that it names.
    mutating func text(_ node: JSONNode, _ path: String) -> String? {
        guard let text = literal(node, path) else { return nil }
        guard text.utf8.first == UInt8(ascii: "$") else { return text }
        if let value = parameters[String(text.dropFirst())] { return value }
        report(.unknownValue(text, valid: parameters.keys.sorted().map { "$" + $0 }), at: place(node, path))
        return nil
    }

    /// A string as it stands.
    mutating func literal(_ node: JSONNode, _ path: String) -> String? {
        do {
            return try node.string()
        } catch {
            wrongKind("a string", node, path)
            return nil
        }
    }

    /// A whole number of a range.
    mutating func number(_ node: JSONNode, _ path: String, in range: ClosedRange<Int>) -> Int? {
        if case .string = node.kind, let text = literal(node, path), text.utf8.first == UInt8(ascii: "$"),
            numericParameters.contains(String(text.dropFirst()))
        {
            guard let value = parameters[String(text.dropFirst())].flatMap({ Int($0) }) else { return nil }
            if range.contains(value) { return value }
            report(.outOfRange(range), at: place(node, path))
            return nil
        }
        do {
            return try node.int(in: range)
        } catch {
            if case .integerOutOfRange = error.reason {
                report(.outOfRange(range), at: place(node, path))
            } else {
                wrongKind("a whole number", node, path)
            }
            return nil
        }
    }

    /// One of the words of an enum.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ node: JSONNode, _ path: String, except: Word? = nil
    ) -> Word? {
        guard let text = text(node, path) else { return nil }
        if let word = Word(rawValue: text), word.rawValue != except?.rawValue { return word }
        let valid = Word.allCases.map(\.rawValue).filter { $0 != except?.rawValue }
        report(.unknownValue(text, valid: valid), at: place(node, path))
        return nil
    }

    /// The bytes of a text of hex digits, blanks between them allowed.
    mutating func hex(_ node: JSONNode, _ path: String) -> [UInt8]? {
        guard let text = literal(node, path) else { return nil }
        if let bytes = bytes(hex: text) { return bytes }
        report(.badText(text, expected: "pairs of hex digits"), at: place(node, path))
        return nil
    }

    func place(_ node: JSONNode, _ path: String) -> DescriptorPlace {
        DescriptorPlace(path: path, position: node.position)
    }

    private mutating func wrongKind(_ expected: String, _ node: JSONNode, _ path: String) {
        report(.wrongKind(expected: expected, found: node.kind.rawValue), at: place(node, path))
    }

    /// A key that can stand in a path.
    private func plain(_ key: String) -> String {
        isWord(key) ? key : "?"
    }
}

/// Whether a text is a name: 1 to 64 lower-case letters, digits, `_` or `-`, a letter or digit first.
func isWord(_ text: String) -> Bool {
    guard (1...64).contains(text.utf8.count) else { return false }
    for (index, byte) in text.utf8.enumerated() {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): continue
        case UInt8(ascii: "_"), UInt8(ascii: "-"): if index == 0 { return false }
        default: return false
        }
    }
    return true
}

/// The bytes of a text of hex digits with blanks between pairs; `nil` when it is none.
func bytes(hex text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var high: UInt8?
    for byte in text.utf8 {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: " ") where high == nil: continue
        default: return nil
        }
        if let first = high {
            bytes.append(first << 4 | digit)
            high = nil
        } else {
            high = digit
        }
    }
    return high == nil ? bytes : nil
}
