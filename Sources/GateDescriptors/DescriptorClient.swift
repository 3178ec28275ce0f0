package import GateBytes
import GateJSON
package import GateProtocol

/// The client's side of a descriptor, for who loads a server that speaks it.
///
/// Frames are made once; a request's id is then patched in its place, and what the server sends is read with the
/// descriptor's own program in the other direction.
package struct DescriptorClient: Sendable {
    /// A frame of the opening.
    package struct Step: Sendable, Hashable {
        /// The frame.
        package var bytes: [UInt8]
        /// Whether the server says something before the next one is sent.
        package var isAnswered: Bool
    }

    /// What is sent before requests are taken; empty where a session opens with its connection.
    package let opening: [Step]
    /// The frame that keeps an idle connection alive; empty where there is no need for one.
    package let heartbeat: [UInt8]
    /// How often it is sent; zero for never.
    package let heartbeatInterval: TimeSpan
    /// Whether a heartbeat of the server's own is answered with one.
    package let answersHeartbeats: Bool
    /// Whether an answer's id is where a reader finds it; otherwise answers come in the order of the requests.
    package private(set) var answersNameRequests = false
    /// The protocol's name.
    package let name: String

    /// Whether payloads are JSON.
    package let payloadIsJSON: Bool

    private let bench: DescriptorWorkbench
    private let program: DescriptorProgram
    /// How a server's frame is told apart, the most particular kind first.
    private var tests: [KindTest]
    /// What an error's body begins with where only that tells it from an answer; empty elsewhere.
    private var faultStart: [UInt8] = []
    /// The kind of a frame without a mark.
    private let unmarked: DescriptorKind?
    /// A request of the vectors, for protocols whose requests only their own client can write.
    private let sample: [UInt8]?

    /// The client's side of the descriptor on the bench.
    /// - Throws: When its vectors show no way to a session that takes requests.
    package init(_ bench: DescriptorWorkbench) throws(FrameComposingFault) {
        self.bench = bench
        name = bench.descriptor.name
        program = bench.serverProgram
        let scenes = ClientScenes(bench)
        opening = try scenes.opening()
        sample = scenes.frame { $0.kind == .request }
        payloadIsJSON =
            bench.program.payloadIsJSON
            || bench.model.fields.contains { field in
                switch field.form {
                case .json, .singleKey: true
                default: false
                }
            }
        let timers = bench.program.timers
        let beat = timers.idle > .zero || timers.every > .zero ? scenes.heartbeat() : nil
        heartbeat = beat ?? []
        heartbeatInterval = beat == nil ? .zero : TimeSpan(nanoseconds: timers.idle.nanoseconds / 3)
        answersHeartbeats = timers.every > .zero && beat != nil && !scenes.heartbeatIsAnswered
        let model = bench.model.outFields == nil ? bench.model : bench.serverModel
        let marked = program.kindTests.filter { ($0.has != 0 || !$0.tests.isEmpty) && !$0.kind.isRequestOrNotify }
        tests = marked.enumerated().sorted { left, right in
            (right.element.weight, left.offset) < (left.element.weight, right.offset)
        }.map(\.element)
        let columns = Set(marked.map(\.column))
        unmarked =
            model.kinds.map { kinds in
                kinds.enumerated().first { !$1.kind.isFromClient && !columns.contains(UInt8(clamping: $0)) }?.element
                    .kind
            } ?? .response
        let answer = try? bench.compose(["kind": "response", "id": 7, "payload_hex": "5b5d"])
        if let answer, let frame = try? read(answer.bytes.span, at: 0) {
            answersNameRequests = frame.identifier == 7
            if frame.kind == .failure {
                // Only its body tells an error from an answer.
                tests.removeAll { $0.kind == .error }
                faultStart = Self.faultStart(program)
            }
        }
    }

    /// What the body of an error without a code of its own begins with, up to the fault's text.
    private static func faultStart(_ program: DescriptorProgram) -> [UInt8] {
        let bodies = ["a", "b"].map { text in
            var body = ByteBuffer()
            program.fault.write(text.utf8.span, code: 0, into: &body)
            return body.array()
        }
        return Array(zip(bodies[0], bodies[1]).prefix { $0 == $1 }.map(\.0))
    }

    private static func identifier(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ program: DescriptorProgram
    ) -> UInt64? {
        guard values.has(FrameValues.identifier) else { return nil }
        switch program.identifiers {
        case .order: return nil
        case .number: return values.number(FrameValues.identifier)
        case .text:
            let range = values.range(FrameValues.identifier)
            return range.region == .input ? IdentifierTickets.plainNumber(input.extracting(range.offsets)) : nil
        }
    }
}

extension DescriptorClient {
    /// A frame that came from the server.
    package struct Frame: Sendable, Hashable {
        /// What it means to a client.
        package enum Kind: Sendable, Hashable {
            /// An answer with a result.
            case answer
            /// An answer with a fault.
            case failure
            /// A message that nobody asked for.
            case push
            /// A heartbeat.
            case heartbeat
            /// A part of the opening, or a notice.
            case other
        }

        /// What it means.
        package var kind: Kind
        /// The id of the request, where the frame names one.
        package var identifier: UInt64?
        /// The payload or the fault; empty where it is not in the frame as it is.
        package var body: Range<Int>
        /// The first byte behind the frame.
        package var end: Int
    }

    /// The server's frame at `start`, or `nil` when its end has not come. Allocates nothing for most protocols.
    package func read(_ input: Span<UInt8>, at start: Int) throws(FramingError) -> Frame? {
        if start >= input.count { return nil }
        var values = FrameValues()
        var progress = ReadProgress()
        var scratch = ByteBuffer()
        switch try program.read(input, at: start, values: &values, progress: &progress, scratch: &scratch) {
        case .incomplete: return nil
        case .empty(let end): return Frame(kind: .heartbeat, identifier: nil, body: end..<end, end: end)
        case .frame(let end):
            var frame = Frame(kind: .other, identifier: nil, body: end..<end, end: end)
            var slot = FrameValues.payload
            switch kind(of: &values) {
            case .response:
                frame.kind = .answer
                if values.has(FrameValues.result) { slot = FrameValues.result }
            case .error:
                frame.kind = .failure
                if values.has(FrameValues.error) { slot = FrameValues.error }
            case .push: frame.kind = .push
            case .heartbeat: frame.kind = .heartbeat
            case .kick, .request, .notify, .other, nil: break
            }
            frame.identifier = Self.identifier(&values, input, program)
            let body = values.range(slot)
            if body.region == .input, body.count > 0 { frame.body = body.offsets }
            if frame.kind == .answer, !faultStart.isEmpty, input.extracting(frame.body).starts(with: faultStart.span) {
                frame.kind = .failure
            }
            return frame
        }
    }

    private func kind(of values: inout FrameValues) -> DescriptorKind? {
        for test in tests where program.matches(test, &values) { return test.kind }
        return unmarked
    }
}

extension DescriptorClient {
    /// Where a request's id stands and how it is written there.
    package struct Identifier: Sendable, Hashable {
        /// How it is written.
        package enum Form: Sendable, Hashable {
            case digits, bigEndian, littleEndian
            /// Seven bits a byte, the lowest first.
            case varint
        }

        /// How it is written.
        package var form: Form
        /// Its first byte in the frame.
        package var offset: Int
        /// Its bytes, always so many.
        package var byteCount: Int
        /// Ids are `base..<base + limit`.
        package var base: UInt64
        package var limit: Int
    }

    /// A request as it goes on the wire.
    package struct Request: Sendable, Hashable {
        /// The frame, with the id `base`.
        package var bytes: [UInt8]
        /// `nil` where frames carry no id.
        package var identifier: Identifier?
    }

    /// A request to `route`, `Type/Function` or what the server's own clients say. Protocols with codes take one in decimal
    /// digits, or a name where codes are made of names.
    package func request(route: String, payload: [UInt8]) throws(FrameComposingFault) -> Request {
        do throws(FrameComposingFault) {
            guard var place = identifierPlace else {
                return Request(bytes: try frame(route, payload, id: nil), identifier: nil)
            }
            let one = try frame(route, payload, id: place.base)
            let other = try frame(route, payload, id: place.other)
            let changed = one.indices.filter { one[$0] != (other.indices.contains($0) ? other[$0] : one[$0] &+ 1) }
            guard let first = changed.first, let last = changed.last, one.count == other.count else {
                throw .noPlace(WellKnown.identifier)
            }
            // The last byte changes, and with a varint and digits the first one too.
            place.identifier.offset =
                place.identifier.form == .bigEndian ? last + 1 - place.identifier.byteCount : first
            return Request(bytes: one, identifier: place.identifier)
        } catch {
            // What a part written in Swift has to hold, this side does not know.
            guard let sample, bench.model.fields.contains(where: { $0.nativeCodec != nil }) else { throw error }
            return Request(bytes: sample, identifier: nil)
        }
    }

    private struct Place {
        var identifier: Identifier
        var base: UInt64 { identifier.base }
        /// An id that differs in the first and the last byte where both may change, else in the last.
        var other: UInt64
    }

    private var identifierPlace: Place? {
        let fields = bench.model.fields
        guard let field = fields.first(where: { $0.name == WellKnown.identifier }) else {
            guard case .text = bench.program.identifiers else { return nil }
            let digits = Identifier(form: .digits, offset: 0, byteCount: 9, base: 100_000_000, limit: 100_000_000)
            return Place(identifier: digits, other: 211_111_111)
        }
        switch field.form {
        case .unsigned(let width):
            let most = min(UInt64(field.largestAllowed), width >= 4 ? 100_000_000 : 1 << UInt64(8 * width) - 1)
            let form: Identifier.Form = field.isLittleEndian ? .littleEndian : .bigEndian
            // From 1: a zero says in many protocols that there is none.
            let number = Identifier(form: form, offset: 0, byteCount: width, base: 1, limit: Int(most))
            return Place(identifier: number, other: 2)
        case .varint(let bytesMax):
            let count = min(4, bytesMax)
            let base: UInt64 = count == 1 ? 1 : 1 << UInt64(7 * (count - 1))
            let most = min(UInt64(field.largestAllowed), 1 << UInt64(7 * count) - 1)
            guard most > base else { return nil }
            let number = Identifier(
                form: .varint, offset: 0, byteCount: count, base: base, limit: Int(min(most - base + 1, 100_000_000)))
            return Place(identifier: number, other: count == 1 ? 2 : 2 * base + 1)
        default: return nil
        }
    }

    private func frame(_ route: String, _ payload: [UInt8], id: UInt64?) throws(FrameComposingFault) -> [UInt8] {
        var value: [String: JSONValue] = ["kind": "request"]
        if !payload.isEmpty { value["payload_hex"] = .string(Self.hex(payload)) }
        if let id { value["id"] = .number(Int(id)) }
        let routes = bench.program.routes
        if bench.model.fields.contains(where: { $0.name == WellKnown.code }), routes.form != .dictionary {
            switch routes.form {
            case .cellnet16 where UInt64(route) == nil: value["code"] = .number(Int(RouteTable.cellnet16(route)))
            default:
                guard let code = Int(route), code >= 0 else {
                    throw .wrongValue(WellKnown.route, expected: "the route's code in decimal digits")
                }
                value["code"] = .number(code)
            }
        } else if carriesRoute {
            // As the system's own clients say it: with their sign between module and handler.
            let sign = routes.split.map { Character(Unicode.Scalar($0)) } ?? "/"
            value["route"] = .string(String(route.map { $0 == "/" ? sign : $0 }))
        }
        var object = JSONObject()
        for (key, value) in value.sorted(by: { $0.key < $1.key }) { object[key] = value }
        return try bench.compose(.object(object)).bytes
    }

    private var carriesRoute: Bool {
        bench.model.fields.contains { field in
            switch field.form {
            case .json(let keys): keys.contains { $0.name == WellKnown.route }
            case .pairs(let pairs): pairs.keys.contains { $0.name == WellKnown.route }
            case .singleKey: true
            default: field.name == WellKnown.route
            }
        }
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}

extension KindTest {
    /// How much it asks for.
    fileprivate var weight: Int { has.nonzeroBitCount + absent.nonzeroBitCount + tests.count }
}

extension DescriptorKind {
    fileprivate var isRequestOrNotify: Bool { self == .request || self == .notify }
}
