import GateBytes
import GateJSON
import GateProtocol

/// The key `login`: the fields of a frame that say who a client is.
struct LoginModel: Sendable {
    var user: String?
    var password: String?
    var clientID: String?
    var place: DescriptorPlace

    /// The fields that are named.
    var names: [String] { [user, password, clientID].compactMap { $0 } }
}

/// Where a frame says who its client is.
struct LoginFields: Sendable {
    /// A field that is read for it.
    struct Field: Sendable {
        var slot: UInt8
        var isNumber: Bool
        /// Whether the value is JSON, so that a text has quotes.
        var isJSON: Bool
    }

    var user: Field?
    var password: Field?
    var clientID: Field?
}

/// A client that waits to be let in: what is written and done once it is known.
final class PendingLogin {
    var accepted = ByteBuffer()
    var refused = ByteBuffer()
    var state: Int

    init(state: Int) {
        self.state = state
    }
}

extension DescriptorReader {
    /// The fields that say who a client is.
    mutating func login(_ node: JSONNode) -> LoginModel {
        var login = LoginModel(place: place(node, "$.login"))
        for member in members(of: node, "$.login", valid: ["user", "password", "client_id"]) {
            let name = text(member.value, "$.login.\(isWord(member.key) ? member.key : "?")")
            switch member.key {
            case "user": login.user = name
            case "password": login.password = name
            case "client_id": login.clientID = name
            default: break
            }
        }
        return login
    }
}

extension DescriptorCompiler {
    /// Finds the fields of a login, once they have slots.
    mutating func compileLogin() {
        let actions = model.states.flatMap { $0.actions.flatMap(\.actions) + $0.otherwise } + model.opening
        let asking = actions.first { if case .login = $0.form { true } else { false } }
        guard let login = model.login else {
            if let asking { reader.report(.missingKey("login"), at: asking.place) }
            return
        }
        if asking == nil { reader.report(.missingKey("states: an action 'login'"), at: login.place) }
        parts.login.user = loginField(login.user, login.place)
        parts.login.password = loginField(login.password, login.place)
        parts.login.clientID = loginField(login.clientID, login.place)
    }

    private mutating func loginField(_ name: String?, _ place: DescriptorPlace) -> LoginFields.Field? {
        guard let name else { return nil }
        let isJSON = model.fields.contains { if case .json = $0.form { true } else { false } }
        if let index = index(of: name), let slot = slots[index] {
            return LoginFields.Field(slot: slot, isNumber: fields[index].isNumber, isJSON: false)
        }
        if bodyKeys?.contains(where: { $0.name == name }) == true, let slot = slotsByName[name] {
            return LoginFields.Field(slot: slot, isNumber: slot == FrameValues.code, isJSON: isJSON)
        }
        reader.report(
            .unknownValue(name, valid: fields.map(\.name).filter(isWord) + (bodyKeys ?? []).map(\.name)), at: place)
        return nil
    }

    /// Behind a login there is only what can be done once the client is let in.
    mutating func checkLogin(_ actions: [ActionModel]) {
        var isBehind = false
        for action in actions {
            switch action.form {
            case .reply, .state: break
            case .login where !isBehind: isBehind = true
            case .deliver, .ignore, .close, .goodbye, .login:
                if isBehind {
                    let expected = "'reply NAME' and 'goto STATE' behind 'login'"
                    reader.report(.wrongKind(expected: expected, found: "another action"), at: action.place)
                }
            }
        }
    }
}

extension DescriptorProtocol {
    /// Asks who the client is. What it gets then is written already, because its frame is gone by the time.
    func beginLogin(
        _ refusal: Int?, then actions: Range<Int>, _ values: inout FrameValues, _ input: Span<UInt8>,
        _ now: MonotonicTime, _ effects: inout ProtocolEffects
    ) throws(WireError) {
        let login = PendingLogin(state: state)
        for index in actions {
            switch program.states.actions[index] {
            case .reply(let reply):
                try write(reply, &values, input, effects.scratch, at: now, &login.accepted)
            case .state(let next): login.state = next
            case .deliver, .ignore, .close, .goodbye, .login: break
            }
        }
        if let refusal { try write(refusal, &values, input, effects.scratch, at: now, &login.refused) }
        self.login = login
        holdInput()
        let fields = program.login
        effects.logIn(
            Credentials(
                clientID: text(fields.clientID, &values, input, effects.scratch) ?? [],
                userName: text(fields.user, &values, input, effects.scratch),
                password: text(fields.password, &values, input, effects.scratch)))
    }

    /// The client may come in.
    func acceptLogin(_ effects: inout ProtocolEffects) {
        guard let login else { return }
        self.login = nil
        releaseInput()
        state = login.state
        let bytes = login.accepted.array()
        effects.output.append(bytes)
        setWakeUp(&effects)
    }

    /// The client may not come in.
    func refuseLogin(_ effects: inout ProtocolEffects) {
        guard let login else { return }
        self.login = nil
        let bytes = login.refused.array()
        effects.output.append(bytes)
        effects.close = .refused
    }

    /// What a field says; `nil` when the frame does not have it.
    private func text(
        _ field: LoginFields.Field?, _ values: inout FrameValues, _ input: Span<UInt8>, _ scratch: borrowing ByteBuffer
    ) -> [UInt8]? {
        guard let field, values.has(field.slot) else { return nil }
        if field.isNumber { return Array(String(values.number(field.slot)).utf8) }
        let range = values.range(field.slot)
        let bytes =
            range.region == .input
            ? [UInt8](copying: input, range: range.offsets)
            : scratch.withBytes { [UInt8](copying: $0, range: range.offsets) }
        guard field.isJSON, bytes.first == UInt8(ascii: "\"") else { return bytes }
        return (try? JSONValue(parsing: bytes))?.string.map { Array($0.utf8) } ?? bytes
    }
}
