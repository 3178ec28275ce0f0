/// A place in a text as people count it.
///
/// Both numbers start at 1. A line ends with LF, CR or CRLF. A column counts Unicode scalars (so a tab is one column, and
/// so is `é` when it is one scalar); a byte order mark at the start of the text has no column.
public struct JSONPosition: Hashable, Sendable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column in Unicode scalars, from 1.
    public let column: Int

    /// A place given by hand.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// `line 3, column 7`.
    public var description: String { "line \(line), column \(column)" }
}

/// Turns rising offsets into positions; the whole way through a text costs one pass.
struct JSONLocator {
    private var offset = 0
    private var line = 1
    private var column = 1

    /// The position of the byte at `target`, which must not be before the target of the last call.
    mutating func position(of target: Int, in bytes: Span<UInt8>) -> JSONPosition {
        if offset == 0, target >= 3, UTF8Form.isByteOrderMark(bytes, at: 0) { offset = 3 }
        while offset < target, offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            let endsLine =
                byte == ASCII.lineFeed
                || (byte == ASCII.carriageReturn && !(offset < bytes.count && bytes[offset] == ASCII.lineFeed))
            if endsLine {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return JSONPosition(line: line, column: column)
    }
}
