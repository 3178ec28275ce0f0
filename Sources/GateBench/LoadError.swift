/// Why a load run cannot be made.
package enum LoadError: Error, Hashable, Sendable {
    /// The part of a URL that is wrong.
    package enum URLPart: String, Sendable {
        case scheme = "the scheme is one of mqtt, length16, length32, length32-json, raw, or a protocol's name"
        case host = "a host is missing or malformed"
        case port = "a port of 1...65535 is missing or malformed"
    }

    /// The URL, and what is wrong with it.
    case invalidURL(String, URLPart)
    /// An option's name and what it allows.
    case invalidOption(String, allowed: String)
    /// Something that a protocol has no words for.
    case notEncodable(String)
    /// A scenario file: where (`line 3, column 7`) and what.
    case invalidScenario(String)
    /// A file that cannot be read, with the system's reason.
    case unreadableFile(String, reason: String)
    /// The host's name means no address.
    case unknownHost(String)
    /// The system gives no threads or descriptors.
    case systemRefused(code: Int32)
    /// A process that cannot be started, or ended before it was ready.
    case childFailed(String)
    /// Not one connection came about; what went wrong most often.
    case cannotConnect(String)
}

extension LoadError {
    /// What a process ends with: 64 usage, 78 a bad file, 69 nobody there, 70 the system.
    package var exitCode: Int32 {
        switch self {
        case .invalidURL, .invalidOption, .notEncodable: 64
        case .invalidScenario, .unreadableFile: 78
        case .unknownHost, .cannotConnect: 69
        case .systemRefused, .childFailed: 70
        }
    }
}

extension LoadError: CustomStringConvertible {
    /// One line for a person.
    package var description: String {
        switch self {
        case .invalidURL(let text, let part): "\(text): \(part.rawValue)"
        case .invalidOption(let name, let allowed): "\(name): \(allowed)"
        case .notEncodable(let text), .invalidScenario(let text): text
        case .unreadableFile(let path, let reason): "\(path): \(reason)"
        case .unknownHost(let host): "\(host): unknown host"
        case .systemRefused(let code): "the system refuses threads or file descriptors (error \(code))"
        case .childFailed(let text): text
        case .cannotConnect(let text): "cannot connect: \(text)"
        }
    }
}
