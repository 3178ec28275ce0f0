extension String {
    /// The same text with control characters as people write them, so that a terminal obeys none.
    package var visible: String {
        unicodeScalars.map { scalar in
            switch scalar {
            case "\r": "\\r"
            case "\n": "\\n"
            case "\t": "\\t"
            case "\0": "\\0"
            case let other where other.value < 0x20 || (0x7F...0x9F).contains(other.value): "?"
            default: String(scalar)
            }
        }.joined()
    }
}
