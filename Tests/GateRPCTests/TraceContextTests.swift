import GateRPC
import Testing

/// W3C trace context.
@Suite struct TraceContextTests {
    static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test func aTraceparentIsReadAndWritten() throws {
        let context = try #require(TraceContext(traceparent: Self.text))
        #expect(context.trace == TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736))
        #expect(context.span == 0x00f0_67aa_0ba9_02b7)
        #expect(context.flags == 1)
        #expect(context.traceparent == Self.text)
    }

    @Test func withoutAStepAnotherStandsThere() {
        let context = TraceContext(TraceID(high: 1, low: 2))
        #expect(context.traceparent == "00-00000000000000010000000000000002-0000000000000003-00")
    }

    @Test(arguments: [
        "", "00", "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01more",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
    ])
    func otherTextsAreNone(text: String) {
        #expect(TraceContext(traceparent: text) == nil)
    }

    @Test("W3C Trace Context 4.3", arguments: ["", "-", "-what is new"])
    func aLaterVersionIsReadAsFarAsItIsKnown(rest: String) throws {
        let context = try #require(TraceContext(traceparent: "cc" + Self.text.dropFirst(2).dropLast(2) + "ff" + rest))
        #expect(context.traceparent == Self.text)
        let body = Array(#"{"traceparent":"cc\#(Self.text.dropFirst(2))\#(rest)"}"#.utf8)
        #expect(TraceContext.found(in: body.span)?.trace == context.trace)
    }

    @Test(arguments: [
        (#"{"traceparent":"\#(text)"}"#, true), (#"{"a":1, "traceparent" : "\#(text)","b":2}"#, true),
        (#"{"other":"\#(text)","more":"\#(text)"}"#, false), (#"["traceparent","\#(text)"]"#, false),
        (#"{"traceparent":"\#(text.dropLast())","x":"padding that makes it long enough"}"#, false),
        (#"{"traceparent":7,"x":"padding that makes it long enough, and then a bit more of it"}"#, false),
        (#"{"traceparent":"\#(text)"#, false), ("", false), ("{", false),
    ])
    func aBodyMayHoldOne(body: String, holds: Bool) {
        let bytes = Array(body.utf8)
        #expect(TraceContext.found(in: bytes.span) == (holds ? TraceContext(traceparent: Self.text) : nil))
    }
}
