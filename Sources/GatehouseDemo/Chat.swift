public import Gatehouse
import Synchronization

/// Rooms in which logged-in users talk. Module `Chat`.
public final class Chat: Module {
    public let type = "Chat"
    private let rooms = Mutex(ChatRooms())

    /// Longest name of a room, in bytes.
    public static let roomNameBytesMax = 256

    /// The module, without rooms.
    public init() {}

    public func register(in handlers: inout HandlerTable) {
        handlers.register("HD_JoinChat") { (call: Call, form: JSONValue) in
            guard let user = call.session.userID?.rawValue else { throw RPCFault.message("必须先登录账号") }
            guard let name = form["roomName"]?.string else { throw RPCFault.message("roomName cannot be nil") }
            guard name.utf8.count <= Self.roomNameBytesMax else { throw RPCFault.message("roomName is too long") }
            return try await self.join(name, as: user, call)
        }
        handlers.register("HD_Say") { (call: Call, form: JSONValue) in
            guard let name = form["roomName"]?.string, let text = form["content"]?.string else {
                throw RPCFault.message("roomName or say cannot be nil")
            }
            guard let user = call.session.userID?.rawValue else { throw RPCFault.message("Not Logined") }
            return try await self.say(text, to: form["target"]?.string ?? "*", in: name, as: user, call)
        }
    }

    public func sessionEnded(_ session: Session, reason: CloseReason) {
        // All clients of the session's loop wait for this.
        rooms.withLock { $0.end(session.id) }
    }

    private func join(_ name: String, as user: String, _ call: Call) async throws -> JSONValue {
        let joined = rooms.withLock { rooms -> ([SessionID], [String], [String])? in
            let left = rooms.change(name) { $0.removeGone() } ?? []
            let others = rooms[name]?.sessions(but: user) ?? []
            guard rooms.enter(name, user, call.session.id) else { return nil }
            return (others, rooms[name]?.users ?? [], left)
        }
        guard let (others, users, left) = joined else { throw RPCFault.message("too many rooms") }
        await tell(left, in: name, to: others, call)
        await call.sessions.send(
            Self.message("Chat/OnJoin", ["roomName": .string(name), "user": .string(user)]), to: others)
        return ["users": .array(users.map { .string($0) })]
    }

    private func say(
        _ text: String, to target: String, in name: String, as user: String, _ call: Call
    ) async throws -> JSONValue {
        let found = rooms.withLock { rooms -> Result<ChatRoom.Audience, RPCFault> in
            rooms.change(name) { $0.audience(of: user, target: target) } ?? .failure(.message("No room"))
        }
        let audience = try found.get()
        await tell(audience.left, in: name, to: audience.everyone, call)
        guard let listeners = audience.listeners else { throw RPCFault.message("The user has left the room") }
        await call.sessions.send(
            Self.message(
                "Chat/OnChat",
                [
                    "roomName": .string(name), "from": .string(user), "target": .string(target),
                    "msg": .string(text),
                ]), to: listeners)
        return ["say": "say success"]
    }

    private func tell(_ left: [String], in name: String, to ids: [SessionID], _ call: Call) async {
        for user in left {
            await call.sessions.send(
                Self.message("Chat/OnLeave", ["roomName": .string(name), "user": .string(user)]), to: ids)
        }
    }

    private static func message(_ topic: String, _ body: JSONObject) -> OutgoingMessage {
        OutgoingMessage(topic, JSONValue.object(body).encoded(), form: .json)
    }
}
