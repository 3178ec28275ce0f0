public import Gatehouse
import Synchronization

/// Rooms in which logged-in users talk. Module `Chat`.
public final class Chat: Module {
    public let type = "Chat"
    private let rooms = Mutex<[String: ChatRoom]>([:])

    /// The module, without rooms.
    public init() {}

    public func register(in handlers: inout HandlerTable) {
        handlers.register("HD_JoinChat") { (call: Call, form: JSONValue) in
            guard let user = call.session.userID?.rawValue else { throw RPCFault.message("必须先登录账号") }
            guard let name = form["roomName"]?.string else { throw RPCFault.message("roomName cannot be nil") }
            return await self.join(name, as: user, call)
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
        rooms.withLock { rooms in
            for name in rooms.keys {
                rooms[name]?.markGone(session.id)
                if rooms[name]?.isDeserted == true { rooms[name] = nil }
            }
        }
    }

    private func join(_ name: String, as user: String, _ call: Call) async -> JSONValue {
        let (others, users, left) = rooms.withLock { rooms in
            var room = rooms[name] ?? ChatRoom()
            let left = room.removeGone()
            let others = room.sessions(but: user)
            room.enter(user, call.session.id)
            rooms[name] = room
            return (others, room.users, left)
        }
        await tell(left, in: name, to: others, call)
        await call.sessions.send(
            Self.message("Chat/OnJoin", ["roomName": .string(name), "user": .string(user)]), to: others)
        return ["users": .array(users.map { .string($0) })]
    }

    private func say(
        _ text: String, to target: String, in name: String, as user: String, _ call: Call
    ) async throws -> JSONValue {
        let found = rooms.withLock { rooms -> Result<ChatRoom.Audience, RPCFault> in
            guard var room = rooms[name] else { return .failure(.message("No room")) }
            let audience = room.audience(of: user, target: target)
            rooms[name] = room
            return audience
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
