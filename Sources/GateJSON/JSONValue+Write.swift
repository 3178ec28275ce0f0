extension JSONValue {
    /// The value as RFC 8259 text, see ``write(into:pretty:)``.
    public func encoded(pretty: Bool = false) -> [UInt8] {
        var output: [UInt8] = []
        write(into: &output, pretty: pretty)
        return output
    }

    /// Appends the value as RFC 8259 text.
    ///
    /// Numbers are written as they were read; Infinity and NaN, which JSON cannot say, as `null`.
    /// - Parameters:
    ///   - output: Gets the text, in UTF-8 and without a final line end.
    ///   - pretty: Whether each member and element stands on its own line, indented by two spaces a level.
    public func write(into output: inout [UInt8], pretty: Bool = false) {
        write(into: &output, level: pretty ? 0 : nil)
    }

    /// Writes at a level of indentation, or on one line when there is none.
    private func write(into output: inout [UInt8], level: Int?) {
        switch self {
        case .null: output.append(contentsOf: JSONWord.null.rawValue.utf8)
        case .bool(let value): output.append(contentsOf: (value ? JSONWord.true : .false).rawValue.utf8)
        case .number(let value):
            output.append(contentsOf: value.isFinite ? value.lexeme.utf8 : JSONWord.null.rawValue.utf8)
        case .string(let value): JSONWriter.appendString(value, to: &output)
        case .array(let elements):
            output.append(ASCII.openBracket)
            for (index, element) in elements.enumerated() {
                if index > 0 { output.append(ASCII.comma) }
                Self.breakLine(&output, level.map { $0 + 1 })
                element.write(into: &output, level: level.map { $0 + 1 })
            }
            if !elements.isEmpty { Self.breakLine(&output, level) }
            output.append(ASCII.closeBracket)
        case .object(let members):
            output.append(ASCII.openBrace)
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(ASCII.comma) }
                Self.breakLine(&output, level.map { $0 + 1 })
                JSONWriter.appendString(member.key, to: &output)
                output.append(ASCII.colon)
                if level != nil { output.append(ASCII.space) }
                member.value.write(into: &output, level: level.map { $0 + 1 })
            }
            if !members.isEmpty { Self.breakLine(&output, level) }
            output.append(ASCII.closeBrace)
        }
    }

    private static func breakLine(_ output: inout [UInt8], _ level: Int?) {
        guard let level else { return }
        output.append(ASCII.lineFeed)
        output.append(contentsOf: repeatElement(ASCII.space, count: level * 2))
    }
}
