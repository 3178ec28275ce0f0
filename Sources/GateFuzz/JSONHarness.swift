import GateBytes
import GateJSON

/// What the readers of JSON promise about any text: they agree.
///
/// What one reader lets through, another would have to refuse later. What was read and written again is read as the same.
/// - Parameter input: Any bytes.
/// - Throws: ``FuzzFinding``.
public func fuzzJSON(_ input: Span<UInt8>) throws(FuzzFinding) {
    let bytes = [UInt8](copying: input)
    let limits = JSONLimits(depthMax: 32, nodesMax: 2_000)
    let strict = Result { () throws(JSONFault) in try JSON.validate(bytes.span, limits: limits) }
    let tree = Result { () throws(JSONFault) in try JSONValue(parsing: bytes, limits: limits) }
    let document = Result { () throws(JSONFault) in
        try JSONDocument(parsing: bytes, dialect: .json, limits: limits).value
    }
    if tree != document { throw FuzzFinding("the value is \(tree), the document's is \(document)") }
    try compare(strict, tree)
    try checkFault(strict, bytes)
    // RFC 8259 section 7: what is below a blank stands escaped, or between values as tab and line end.
    if case .success = strict, bytes.contains(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) {
        throw FuzzFinding("control characters are let through in \(bytes)")
    }
    if case .success(let value) = tree {
        try checkRoundTrip(value)
        let normalized = Result { () throws(JSONFault) in try JSON.normalized(bytes.span, limits: limits) }
        guard case .success(let text) = normalized, (text.map { $0 == value.encoded() } ?? true) else {
            throw FuzzFinding("\(value) is normalized as \(normalized)")
        }
    }
    try checkScanner(bytes, strict, limits)
    try checkJSON5(bytes, tree, limits)
}

private func compare(
    _ strict: Result<JSONKind, JSONFault>, _ tree: Result<JSONValue, JSONFault>
) throws(FuzzFinding) {
    switch (strict, tree) {
    case (.success(let kind), .success(let value)):
        if value.kind != kind { throw FuzzFinding("a value of kind \(value.kind), validated as \(kind)") }
    case (.success, .failure(let fault)): throw FuzzFinding("only the tree says \(fault)")
    case (.failure(let fault), .failure(let treeFault)):
        if fault != treeFault { throw FuzzFinding("\(fault), but the tree says \(treeFault)") }
    case (.failure(let fault), .success): throw FuzzFinding("the tree misses \(fault)")
    }
}

private func checkFault<Value>(_ result: Result<Value, JSONFault>, _ bytes: [UInt8]) throws(FuzzFinding) {
    guard case .failure(let fault) = result else { return }
    if fault.offset < 0 || fault.offset > bytes.count || fault.line < 1 || fault.column < 1
        || fault.line > bytes.count + 1 || fault.column > bytes.count + 1
    {
        throw FuzzFinding("\(fault) at \(fault.offset) of \(bytes.count) bytes")
    }
    try checkIsOneLine(fault.description)
}

private func checkRoundTrip(_ value: JSONValue) throws(FuzzFinding) {
    for isPretty in [false, true] {
        let encoded = value.encoded(pretty: isPretty)
        for dialect in [JSONDialect.json, .json5] {
            let again = Result { () throws(JSONFault) in try JSONValue(parsing: encoded, dialect: dialect) }
            if again != .success(value) { throw FuzzFinding("\(value) was written and came back as \(again)") }
        }
    }
}

/// The scanner walks to the end of each valid object, and of nothing else.
private func checkScanner(
    _ bytes: [UInt8], _ strict: Result<JSONKind, JSONFault>, _ limits: JSONLimits
) throws(FuzzFinding) {
    var scanner = JSONScanner(limits: limits)
    var members: [JSONMember] = []
    var walked = true
    do {
        while let member = try scanner.next(in: bytes.span) { members.append(member) }
    } catch {
        walked = false
    }
    for member in members {
        if member.keyRange.upperBound > bytes.count || member.valueRange.upperBound > bytes.count {
            throw FuzzFinding("\(member) is outside of \(bytes.count) bytes")
        }
        if (try? JSON.validate(Array(bytes[member.valueRange]).span)) != member.kind {
            throw FuzzFinding("\(member) is no value of its kind")
        }
        if (try? JSON.string(member.keyRange, of: bytes.span)) == nil { throw FuzzFinding("the key of \(member)") }
    }
    switch strict {
    case .success(let kind): if walked != (kind == .object) { throw FuzzFinding("the scanner differs on \(kind)") }
    case .failure(let fault): if walked { throw FuzzFinding("the scanner misses \(fault)") }
    }
}

/// JSON5 has one reader under two names, and reads all that is JSON as the same value, but for what it is stricter with.
private func checkJSON5(
    _ bytes: [UInt8], _ strict: Result<JSONValue, JSONFault>, _ limits: JSONLimits
) throws(FuzzFinding) {
    let value = Result { () throws(JSONFault) in try JSONValue(parsing: bytes, dialect: .json5, limits: limits) }
    let document = Result { () throws(JSONFault) in try JSONDocument(parsing: bytes, limits: limits).value }
    if value != document { throw FuzzFinding("JSON5: the value is \(value), the document's is \(document)") }
    try checkFault(value, bytes)
    if case .failure(let fault) = value, fault.isOfJSON5 { return }
    if case .success(let known) = strict, value != .success(known) {
        throw FuzzFinding("\(known) is read as \(value) in JSON5")
    }
    guard case .success(let found) = value else { return }
    let again = Result { () throws(JSONFault) in try JSONValue(parsing: found.encoded(), dialect: .json5) }
    let expected = found.withNullForWhatJSONCannotSay
    if again != .success(expected) { throw FuzzFinding("\(found) was written and came back as \(again)") }
}

extension JSONValue {
    /// Infinity and NaN are written as `null`.
    fileprivate var withNullForWhatJSONCannotSay: JSONValue {
        switch self {
        case .number(let number): number.isFinite ? self : .null
        case .array(let elements): .array(elements.map(\.withNullForWhatJSONCannotSay))
        case .object(let object):
            .object(
                object.reduce(into: JSONObject()) { $0[$1.key] = $1.value.withNullForWhatJSONCannotSay })
        case .null, .bool, .string: self
        }
    }
}

extension JSONFault {
    /// Whether only the reader of JSON5 minds it.
    fileprivate var isOfJSON5: Bool {
        if case .duplicateKey = reason { true } else { reason == .loneSurrogate }
    }
}
