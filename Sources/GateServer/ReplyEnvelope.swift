import GateBytes
import GateJSON
public import GateProtocol
public import GateRPC

/// How results and faults become the payload of a reply.
public protocol ReplyEnvelope: Sendable {
    /// Appends the payload that says `result`. ``RPCValue/bare(_:)`` never comes here: its bytes are sent as they are.
    /// - Returns: What was appended, and whether it is the result or, for the protocol's own error slot, the fault's text.
    func write(
        _ result: Result<RPCValue, RPCFault>, trace: TraceID, into output: inout [UInt8]
    ) -> (outcome: ReplyOutcome, form: PayloadForm)
}

/// mqant's envelope: `{"Trace":"…","Error":"…","Result":…}`. Bytes are base64; an error has the result null. It has no place
/// for the code of `RPCFault.handler(code:message:)`, and mqant's clients look for none.
public struct MqantEnvelope: ReplyEnvelope {
    /// The envelope.
    public init() {}

    public func write(
        _ result: Result<RPCValue, RPCFault>, trace: TraceID, into output: inout [UInt8]
    ) -> (outcome: ReplyOutcome, form: PayloadForm) {
        output.append(contentsOf: "{\"Trace\":\"".utf8)
        trace.writeHex(into: &output)
        output.append(contentsOf: "\",\"Error\":".utf8)
        switch result {
        case .success(let value):
            output.append(contentsOf: "\"\",\"Result\":".utf8)
            value.writeJSON(into: &output)
        case .failure(let fault):
            JSONWriter.appendString(fault.clientText, to: &output)
            output.append(contentsOf: ",\"Result\":null".utf8)
        }
        output.append(UInt8(ascii: "}"))
        return (.result, .json)
    }
}

/// No envelope: the bare result; a fault's text goes into the protocol's own error slot, and so does the code of
/// `RPCFault.handler(code:message:)` where there is a place for it: Pomelo's `code`, Scut's and Photon's error number,
/// AMP's `_error_code`.
public struct BareEnvelope: ReplyEnvelope {
    /// The envelope.
    public init() {}

    public func write(
        _ result: Result<RPCValue, RPCFault>, trace: TraceID, into output: inout [UInt8]
    ) -> (outcome: ReplyOutcome, form: PayloadForm) {
        switch result {
        case .failure(let fault):
            output.append(contentsOf: fault.clientText.utf8)
            if case .handler(let code, _) = fault, code != 0, let small = Int32(exactly: code) {
                return (.coded(small), .text)
            }
            return (.fault, .text)
        case .success(.bytes(let bytes)), .success(.bare(let bytes)):
            output.append(contentsOf: bytes)
            return (.result, .bytes)
        case .success(.string(let text)):
            output.append(contentsOf: text.utf8)
            return (.result, .text)
        case .success(let value):
            if let text = value.onlyText {
                output.append(contentsOf: text.utf8)
                return (.result, .text)
            }
            value.writeJSON(into: &output)
            return (.result, .json)
        }
    }
}

extension RPCValue {
    /// The text that a JSON value is, so that it looks the same whichever way a handler returned it.
    fileprivate var onlyText: String? {
        switch self {
        case .json(let value): value.string
        case .encodedJSON(let bytes) where bytes.first == UInt8(ascii: "\""): (try? JSONValue(parsing: bytes))?.string
        default: nil
        }
    }
}
