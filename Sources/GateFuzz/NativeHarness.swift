import GateBytes
import GateDescriptors
import GateJSON
import GateProtocol

/// What the native parts of descriptors promise about any bytes: what the same rules say in plainer words.
///
/// - Parameter input: By the first byte, a body of sproto, a form of scut's as it comes, or what such a form says, which is
///   signed and escaped here.
/// - Throws: ``FuzzFinding``.
public func fuzzNativeParts(_ input: Span<UInt8>) throws(FuzzFinding) {
    guard let first = input.count > 0 ? input[0] : nil else { return }
    let bytes = [UInt8](copying: input, range: 1..<input.count)
    switch first & 3 {
    case 0, 1: try checkSproto(bytes)
    case 2: try checkForm(bytes)
    default: try checkForm(signed(bytes, escaping: first & 4 == 0))
    }
}

/// The key that the form's descriptor has when nobody names one.
private let formKey = Array("44CAC8ED53714BF18D60C5C7B6296000".utf8)

private let formProbe: DescriptorProbe? = {
    guard let descriptor = DescriptorLibrary().descriptor(named: "scut") else { return nil }
    // Without routes each action is delivered: a form that is refused is refused for its own sake.
    return try? DescriptorProbe(descriptor, ProtocolOptions(frameBytesMax: 65_536))
}()

/// A form that says `text`, with the signature that belongs to it.
private func signed(_ text: [UInt8], escaping isEscaped: Bool) -> [UInt8] {
    let form = text + Array("&sign=".utf8) + MD5.hexDigits((text + formKey).span)
    let digits = Array("0123456789aBcDeF".utf8)
    return Array("?d=".utf8)
        + form.flatMap { byte in
            let isPlain = !isEscaped && byte != UInt8(ascii: "%")
            // A raw `+` would come as a space.
            return isPlain && byte != UInt8(ascii: "+")
                ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
        }
}

/// A client that sends one form is answered as the form says.
private func checkForm(_ form: [UInt8]) throws(FuzzFinding) {
    guard let probe = formProbe else { throw FuzzFinding("there is no descriptor scut") }
    let size = UInt32(form.count)
    let frame = [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: size >> $0) } + form
    let life = try WireLife.live(
        probe.makeProtocol(), frame, WireLife.Feeding(pieces: [frame.count], eventsMax: 20),
        restMax: probe.frameBytesMax)
    guard let expected = PlainForm(form) else {
        if life.fault == nil || !life.messages.isEmpty { throw FuzzFinding("a form was accepted: \(life)") }
        return
    }
    if let fault = life.fault { throw FuzzFinding("the form \(expected) is refused: \(fault)") }
    // A form without an action or a message number is dropped, action 1 is the heartbeat, and one that is no UTF-8 is
    // answered with an error.
    guard let action = expected.action, expected.message != nil, action != 1, !expected.isUnreadable else {
        if !life.messages.isEmpty { throw FuzzFinding("the form \(expected) is delivered: \(life)") }
        return
    }
    guard life.messages.count == 1 else { throw FuzzFinding("the form \(expected) makes \(life)") }
    let payload = Result { () throws(JSONFault) in try JSONValue(parsing: life.messages[0].payload) }
    if payload != .success(.object(expected.values)) {
        throw FuzzFinding("the form \(expected) is delivered as \(payload)")
    }
}

/// A form as Scut's own server understands it: resolved once, cut at `&` and `=`, and each value resolved again.
private struct PlainForm {
    var action: Int32?
    var message: Int32?
    var values = JSONObject()
    var isUnreadable = false

    init?(_ bytes: [UInt8]) {
        guard bytes.starts(with: "?d=".utf8), let form = Self.resolved(bytes.dropFirst(3)) else { return nil }
        var parts = form.split(separator: UInt8(ascii: "&"))
        guard let signature = parts.popLast(), signature.starts(with: "sign=".utf8) else { return nil }
        // What is signed ends in front of the `&`.
        let text = form[..<max(form.startIndex, signature.startIndex - 1)]
        guard Array(signature.dropFirst(5)) == MD5.hexDigits(Array(text + formKey).span) else { return nil }
        var names: Set<[UInt8]> = []
        for part in parts {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
                let value = Self.resolved(part[part.index(after: equals)...])
            else { return nil }
            // Letters of ASCII count without case.
            let name = part[..<equals].map { 0x41...0x5A ~= $0 ? $0 + 0x20 : $0 }
            guard names.insert(name).inserted else { return nil }
            guard let key = String(validating: part[..<equals], as: UTF8.self),
                let text = String(validating: value, as: UTF8.self)
            else {
                isUnreadable = true
                continue
            }
            switch String(decoding: name, as: UTF8.self) {
            case "actionid", "msgid":
                guard let number = Int32(text), number >= 0, String(number) == text else { return nil }
                if name[0] == UInt8(ascii: "a") { action = number } else { message = number }
            case "sid", "uid", "st": continue
            default: values[key] = .string(text)
            }
        }
    }

    private static func resolved(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var found: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                found.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard digits.utf8.count == 2,
                digits.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
                let value = UInt8(digits, radix: 16)
            else { return nil }
            found.append(value)
            rest = rest.dropFirst(2)
        }
        return found
    }
}
