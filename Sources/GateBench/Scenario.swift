import GateJSON

/// What each connection does: log in once, then requests chosen by weight.
///
/// ```json5
/// {
///   login: {topic: "Login/HD_Login", body: {userName: "x", passWord: "y"}},
///   requests: [
///     {weight: 9, topic: "Echo/HD_Echo", body: {say: "hello"}},
///     {weight: 1, topic: "HelloWorld/HD_Hello"},
///   ],
/// }
/// ```
package struct Scenario: Sendable, Hashable {
    /// Most kinds of requests.
    package static let requestsMax = 1_000
    /// Largest weight of one.
    package static let weightMax = 1_000_000
    /// Bytes of the longest topic.
    package static let topicBytesMax = 1_024

    /// One request.
    package struct Request: Sendable, Hashable {
        /// How often, compared with the others; 1...``weightMax``.
        package var weight: Int
        /// `Type/Function`.
        package var topic: String
        /// The bytes: a text's as they are, other values as JSON; empty without a body.
        package var body: [UInt8]

        /// A request; see the properties.
        package init(weight: Int, topic: String, body: [UInt8]) {
            self.weight = weight
            self.topic = topic
            self.body = body
        }
    }

    /// What comes first, once a connection.
    package var login: Request?
    /// At least one.
    package var requests: [Request]

    /// Reads a scenario; `asJSON` also writes bodies that are texts as JSON, for protocols whose bodies are.
    /// - Throws: ``LoadError/invalidScenario(_:)`` with the place: `line 3, column 7: ...`.
    package init(parsing text: [UInt8], asJSON: Bool = false) throws(LoadError) {
        do {
            let root = try JSONDocument(parsing: text).root
            var login: Request?
            var requests: [Request]?
            for member in try root.members() {
                switch member.key {
                case "login": login = try Self.request(member.value, hasWeight: false, asJSON: asJSON)
                case "requests":
                    let elements = try member.value.elements()
                    if elements.isEmpty || elements.count > Self.requestsMax {
                        throw LoadError.invalidScenario(
                            "\(member.value.position): expected 1...\(Self.requestsMax) requests")
                    }
                    requests = try elements.map { try Self.request($0, hasWeight: true, asJSON: asJSON) }
                default: throw Self.unknown(member, known: "login, requests")
                }
            }
            guard let requests else { throw LoadError.invalidScenario("\(root.position): 'requests' is missing") }
            self.login = login
            self.requests = requests
        } catch let fault as JSONFault {
            throw .invalidScenario("\(fault)")
        } catch let fault as JSONNodeFault {
            throw .invalidScenario("\(fault)")
        } catch let error as LoadError {
            throw error
        } catch {
            throw .invalidScenario("\(error)")
        }
    }

    private static func request(_ node: JSONNode, hasWeight: Bool, asJSON: Bool) throws -> Request {
        var topic: String?
        var weight = 1
        var body: [UInt8] = []
        for member in try node.members() {
            switch member.key {
            case "topic":
                let text = try member.value.string()
                if text.isEmpty || text.utf8.count > topicBytesMax {
                    throw LoadError.invalidScenario(
                        "\(member.value.position): expected a topic of 1...\(topicBytesMax) bytes")
                }
                topic = text
            case "weight" where hasWeight: weight = try member.value.int(in: 1...weightMax)
            case "body":
                if !asJSON, member.value.kind == .string {
                    body = Array(try member.value.string().utf8)
                } else {
                    body = member.value.value.encoded()
                }
            default: throw unknown(member, known: hasWeight ? "weight, topic, body" : "topic, body")
            }
        }
        guard let topic else { throw LoadError.invalidScenario("\(node.position): 'topic' is missing") }
        return Request(weight: weight, topic: topic, body: body)
    }

    private static func unknown(_ member: JSONNode.Member, known: String) -> LoadError {
        .invalidScenario("\(member.keyPosition): unknown key '\(member.key)', known are \(known)")
    }
}

extension Scenario {
    /// Bytes of the longest file; 1 MiB.
    package static let fileBytesMax = 1_048_576

    /// Reads a scenario from a file; faults name it.
    package init(contentsOf path: String, asJSON: Bool = false) throws(LoadError) {
        let bytes = try readFile(path, bytesMax: Self.fileBytesMax)
        do { try self.init(parsing: bytes, asJSON: asJSON) } catch {
            if case .invalidScenario(let text) = error { throw .invalidScenario("\(path): \(text)") }
            throw error
        }
    }
}
