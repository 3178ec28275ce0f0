public import Gatehouse
import Synchronization

/// Gives payloads back, through each kind of handler, and casts them to whoever joined. Module `Echo`.
public final class Echo: Module {
    public let type = "Echo"
    private let joined = Mutex(Joined())

    /// Who joined, with an index, so that the end of a session costs the same however many there are.
    private struct Joined {
        var ids: [SessionID] = []
        var places: [SessionID: Int] = [:]
    }

    /// Longest wait that `HD_Wait` takes.
    public static let waitMillisecondsMax = 60_000

    /// The module, with nobody joined.
    public init() {}

    public func register(in handlers: inout HandlerTable) {
        handlers.register("HD_Echo") { (_: Call, body: JSONValue) in body }
        handlers.registerInline("HD_Raw") { _, payload, reply in reply.writeBare(payload) }
        handlers.register("HD_RawOrdered") { (_: Call, body: [UInt8]) in RPCValue.bare(body) }
        handlers.register("HD_RawSerial", .serial) { (_: Call, body: [UInt8]) in RPCValue.bare(body) }
        handlers.register("HD_RawConcurrent", .concurrent) { (_: Call, body: [UInt8]) in RPCValue.bare(body) }
        handlers.register("HD_Wait", .concurrent) { (_: Call, body: JSONValue) in
            guard let milliseconds = body["milliseconds"]?.int, (0...Self.waitMillisecondsMax).contains(milliseconds)
            else { throw RPCFault.message("milliseconds must be 0...\(Self.waitMillisecondsMax)") }
            try await Task.sleep(for: .milliseconds(milliseconds))
            return body
        }
        handlers.registerInline("HD_Join") { call, _, reply in
            let id = call.session.id
            self.joined.withLock { joined in
                if joined.places[id] != nil { return }
                joined.places[id] = joined.ids.count
                joined.ids.append(id)
            }
            reply.write("success")
        }
        handlers.registerInline("HD_Cast") { call, payload, reply in
            let ids = self.joined.withLock { $0.ids }
            call.sessions.post(OutgoingMessage("Echo/OnCast", payload), to: ids)
            reply.write("success")
        }
    }

    public func sessionEnded(_ session: Session, reason: CloseReason) {
        joined.withLock { joined in
            guard let place = joined.places.removeValue(forKey: session.id), let last = joined.ids.popLast(),
                last != session.id
            else { return }
            joined.ids[place] = last
            joined.places[last] = place
        }
    }
}
