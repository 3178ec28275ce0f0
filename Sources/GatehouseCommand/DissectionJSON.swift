import GateDescriptors
import GateJSON
import GateProtocol

/// A dissection as JSON.
enum DissectionJSON {
    /// All that is known.
    static func value(_ dissection: Dissection, byteCount: Int) -> JSONValue {
        var object: JSONObject = [
            "bytes": .number(byteCount), "frames": .array(dissection.frames.map { value($0) }), "incomplete": .null,
            "fault": .null,
        ]
        switch dissection.ending {
        case .complete: break
        case .incomplete(let offset, let here, let needed, let fields):
            object["incomplete"] = [
                "offset": .number(offset), "length": .number(here), "missing": .number(max(1, needed - here)),
                "fields": .array(fields.map { value($0) }),
            ]
        case .fault(let fault, let frame, let offset, let field, let fields):
            var found: JSONObject = [
                "frame": .number(frame), "offset": .number(offset), "field": field.isEmpty ? .null : .string(field),
                "reason": .string(fault.text),
                "close": .string(WireError.framing(fault).closeReason.rawValue),
                "fields": .array(fields.map { value($0) }),
            ]
            if let check = dissection.expectedCheck {
                found["check"] = .string(check.map { HexText.digits($0) }.joined())
            }
            object["fault"] = .object(found)
        }
        return .object(object)
    }

    private static func value(_ frame: Dissection.Frame) -> JSONValue {
        var meanings = JSONObject()
        for meaning in frame.meanings { meanings[meaning.name] = .object(value(meaning.value)) }
        return [
            "offset": .number(frame.offset), "length": .number(frame.byteCount), "kind": .string(frame.kind),
            "meanings": .object(meanings), "fields": .array(frame.fields.map { value($0) }),
        ]
    }

    private static func value(_ field: Dissection.Field) -> JSONValue {
        var object: JSONObject = [
            "name": .string(field.name), "type": .string(field.type), "offset": .number(field.offset),
            "length": .number(field.byteCount),
        ]
        for (key, value) in value(field.value) { object[key] = value }
        return .object(object)
    }

    /// A number with its name, a text, or hex digits.
    private static func value(_ value: Dissection.Value) -> JSONObject {
        switch value {
        case .number(let number, let name):
            var object: JSONObject = ["value": .number(number)]
            if let name { object["means"] = .string(name) }
            return object
        case .text(let text): return ["value": .string(text)]
        case .bytes(let bytes): return ["hex": .string(bytes.map { HexText.digits($0) }.joined())]
        }
    }
}
