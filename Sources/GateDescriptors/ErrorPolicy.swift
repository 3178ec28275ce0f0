import GateJSON

/// What a client gets where its protocol has no place for an error.
enum ErrorPolicy: Sendable {
    /// A frame of the kind `error`, or of `response` where there is no such kind.
    case written
    /// Nothing. The answers of other requests go on.
    case nothing
    /// The end of the connection.
    case close
    /// An error under a name or code of its own, whatever the request's was.
    case frame(ErrorFrame)
}

/// What errors go out under.
struct ErrorFrame: Sendable {
    var name: [UInt8]
    var code: UInt64
    /// Whether the code says it, and not the name.
    var hasCode: Bool
}

/// The key `errors` as it was written.
enum ErrorsModel: Sendable {
    case written, nothing, close
    case frame(String)

    /// The words for it.
    static let words = ["json", "nothing", "close", "frame:NAME"]

    /// The policy that a word stands for.
    init?(_ word: String) {
        switch word {
        case "json": self = .written
        case "nothing": self = .nothing
        case "close": self = .close
        case _ where word.hasPrefix("frame:") && word.utf8.count > 6: self = .frame(String(word.dropFirst(6)))
        default: return nil
        }
    }
}

extension DescriptorCompiler {
    /// What becomes of errors, once it is known what answers carry.
    mutating func compileErrors() {
        switch model.errors {
        case .written: parts.errors = .written
        case .nothing: parts.errors = .nothing
        case .close: parts.errors = .close
        case .frame(let name):
            guard parts.answersCarryRoute else {
                let valid = ErrorsModel.words.filter { !$0.hasPrefix("frame:") }
                return reader.report(.unknownValue("frame:\(name)", valid: valid), at: model.errorsPlace)
            }
            let form = model.routes.form
            guard let code = try? RouteTable.code(name, RouteTable.dictionaryMax, form), code <= parts.answerCodeMax
            else {
                let expected = "frame: and a code from 0 to \(parts.answerCodeMax)"
                return reader.report(.badText("frame:\(name)", expected: expected), at: model.errorsPlace)
            }
            let hasCode = form == .number || form == .cellnet16
            parts.errors = .frame(ErrorFrame(name: Array(name.utf8), code: code, hasCode: hasCode))
        }
    }
}

extension DescriptorReader {
    /// What becomes of errors; the words are `json`, `nothing`, `close` and `frame:NAME`.
    mutating func errors(_ node: JSONNode) -> ErrorsModel {
        guard let word = text(node, "$.errors") else { return .written }
        if let policy = ErrorsModel(word) { return policy }
        report(.unknownValue(word, valid: ErrorsModel.words), at: place(node, "$.errors"))
        return .written
    }
}
