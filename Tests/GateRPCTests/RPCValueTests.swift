import GateBytes
import GateJSON
import GateRPC
import Testing

/// Values, faults and traces as clients read them.
@Suite struct RPCValueTests {
    @Test(arguments: [
        (RPCValue.null, "null"), (.bool(true), "true"), (.bool(false), "false"), (.int32(.min), "-2147483648"),
        (.int64(.max), "9223372036854775807"), (.double(0.1), "0.1"), (.double(.infinity), "null"),
        (.double(.nan), "null"), (.float(1.5), "1.5"), (.float(-.infinity), "null"), (.string(""), "\"\""),
        (.string("a\"\\\n\u{1}é"), #""a\"\\\n\u0001é""#), (.bytes([]), "\"\""), (.bytes([0, 1, 255]), "\"AAH/\""),
        (.bare([0x61]), "\"YQ==\""), (.json(["a": [1]]), #"{"a":[1]}"#), (.encodedJSON([0x37]), "7"),
    ])
    func aValueIsOneJSONValue(value: RPCValue, text: String) {
        var output: [UInt8] = []
        value.writeJSON(into: &output)
        #expect(String(decoding: output, as: UTF8.self) == text)
    }

    @Test(arguments: [
        (RPCFault.noSuchModule("X"), "Service(type:X) not found", "no_such_module"),
        (.noSuchHandler("HD_X"), "Remote function(HD_X) not found", "no_such_handler"),
        (.deadlineExceeded, "deadline exceeded", "deadline_exceeded"),
        (.overloaded, "the work queue is full!", "overloaded"),
        (.linkFull, "the link to other nodes is full", "link_full"),
        (.unreachable, "service unreachable", "unreachable"),
        (.tooLarge(bytes: 5, limit: 4), "message of 5 bytes is above the limit of 4", "too_large"),
        (.badPayload(jsonSyntax: true), "The JSON format is incorrect", "bad_payload"),
        (.badPayload(jsonSyntax: false), "The parameters do not match", "bad_payload"),
        (.wouldDeadlock("X"), "Service(type:X) is busy with this call", "would_deadlock"),
        (.tooDeep(limit: 64), "calls lead into each other deeper than 64", "too_deep"),
        (.handler(code: 9, message: "why"), "why", "handler"), (.message("why"), "why", "handler"),
        (.internalError, "internal error", "internal_error"),
    ])
    func aFaultHasATextAndAName(fault: RPCFault, text: String, kind: String) {
        #expect(fault.clientText == text)
        #expect(fault.kind == kind)
    }

    @Test func aTraceIs32HexDigits() {
        #expect(TraceID(high: 0x0123_4567_89AB_CDEF, low: 1).description == "0123456789abcdef0000000000000001")
        #expect(TraceID(high: .max, low: .max).description == String(repeating: "f", count: 32))
    }

    @Test func tracesDiffer() {
        var source = TraceSource()
        var other = TraceSource()
        var seen: Set<TraceID> = []
        for _ in 0..<1_000 {
            seen.insert(source.next())
            seen.insert(other.next())
            seen.insert(.random())
        }
        #expect(seen.count == 3_000)
        #expect(!seen.contains(TraceID(high: 0, low: 0)))
    }
}
