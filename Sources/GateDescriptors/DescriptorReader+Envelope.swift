import GateJSON

extension DescriptorReader {
    /// Reads `envelope`.
    mutating func readEnvelope(_ node: JSONNode, into model: inout DescriptorModel) {
        var envelope = Envelope()
        model.envelopePlace = place(node, "$.envelope")
        for member in members(of: node, "$.envelope", valid: ["when", "answer", "wire", "keys"]) {
            let path = "$.envelope.\(member.key)"
            switch member.key {
            case "when":
                envelope.code = numbers(member.value, path, keys: ["code"], in: 0...Int(UInt32.max))["code"]
            case "answer":
                let found = numbers(member.value, path, keys: ["code"], in: 0...Int(UInt32.max))
                envelope.answerCode = found["code"] ?? 0
            case "wire":
                let types = numbers(member.value, path, keys: ["varint", "bytes"], in: 0...7)
                envelope.numberType = types["varint"] ?? 0
                envelope.bytesType = types["bytes"] ?? 2
                if envelope.numberType == envelope.bytesType {
                    report(.duplicateValue(Int(envelope.bytesType)), at: place(member.value, path))
                }
            case "keys":
                let keys = numbers(member.value, path, keys: ["code", "payload", "id"], in: 0...63)
                envelope.codeIndex = keys["code"] ?? 0
                envelope.payloadIndex = keys["payload"] ?? 0
                envelope.identifierIndex = keys["id"] ?? 0
                if Set(keys.values).count < keys.count, let twice = keys.values.max() {
                    report(.duplicateValue(Int(twice)), at: place(member.value, path))
                }
            default: break
            }
        }
        for key in ["answer", "wire", "keys"] where node[key] == nil {
            // Each payload in an envelope: then there is no code around it.
            if key == "answer", node["when"] == nil { continue }
            report(.missingKey(key), at: place(node, "$.envelope"))
        }
        model.envelope = envelope
    }

    /// An object with these keys, each of which must be there, and numbers of a range.
    private mutating func numbers(
        _ node: JSONNode, _ path: String, keys: [String], in range: ClosedRange<Int>
    ) -> [String: UInt64] {
        var found: [String: UInt64] = [:]
        for member in members(of: node, path, valid: keys) where keys.contains(member.key) {
            if let value = number(member.value, "\(path).\(member.key)", in: range) {
                found[member.key] = UInt64(value)
            }
        }
        for key in keys where node[key] == nil { report(.missingKey(key), at: place(node, path)) }
        return found
    }
}
