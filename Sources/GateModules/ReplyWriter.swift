import GateBytes
public import GateJSON
package import GateRPC

/// Where an inline handler writes its result. It keeps its memory from message to message, so that writing allocates
/// nothing; up to ``capacityKeptMax`` bytes of it.
///
/// A result has one form: bare bytes, bytes or JSON. A handler that writes two ends with ``RPCFault/internalError`` and an
/// error line that names them.
public struct ReplyWriter: ~Copyable {
    /// What was written.
    package enum Form: Sendable {
        /// Nothing: the result is null.
        case none
        /// Bytes that reach the client as they are.
        case bare
        /// Bytes inside the envelope: base64 where that is JSON.
        case bytes
        /// One JSON value.
        case json
    }

    /// Bytes of memory that it keeps from one message to the next; what a longer result took is freed.
    package static let capacityKeptMax = 65_536

    package private(set) var form = Form.none
    /// The second form, when there was more than one.
    private var otherForm = Form.none
    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Appends bytes that reach the client as they are, without an envelope.
    public mutating func writeBare(_ bytes: Span<UInt8>) {
        append(bytes, as: .bare)
    }

    /// Appends result bytes.
    public mutating func write(_ bytes: Span<UInt8>) {
        append(bytes, as: .bytes)
    }

    /// Appends text that is, once the handler returns, one JSON value.
    public mutating func writeJSON(_ text: Span<UInt8>) {
        append(text, as: .json)
    }

    /// Writes a JSON value.
    public mutating func write(_ value: JSONValue) {
        begin(.json)
        value.write(into: &bytes)
    }

    /// Forgets what was written, keeps the memory.
    package mutating func reset() {
        form = .none
        otherForm = .none
        bytes.removeAll(keepingCapacity: bytes.capacity <= Self.capacityKeptMax)
    }

    /// Whether more than one form was written.
    package var isMixed: Bool { otherForm != .none }

    /// The first two forms, when there was more than one.
    package var mixedForms: (Form, Form)? { isMixed ? (form, otherForm) : nil }

    @inline(__always)
    private mutating func begin(_ next: Form) {
        if form == .none { form = next } else if form != next, !isMixed { otherForm = next }
    }

    /// The result as a value, for callers that are not the client.
    package var value: RPCValue {
        switch form {
        case .none: .null
        case .bare: .bare(bytes)
        case .bytes: .bytes(bytes)
        case .json: .encodedJSON(bytes)
        }
    }

    private mutating func append(_ more: Span<UInt8>, as form: Form) {
        begin(form)
        // Sound: the pointer is used inside the closure only.
        unsafe more.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
    }
}
