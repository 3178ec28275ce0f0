/// One load of the comparison; several works may share one.
enum LoadKey: Sendable, Hashable {
    case inline, ordered, fixedRate, fanout, fanoutStalled, length32, length32JSON, pomelo
    case rawEcho, rawEchoFixedRate

    /// Requests a second of the fixed rate.
    static let fixedRatePerSecond = 40_000

    var loadProtocol: LoadProtocol {
        switch self {
        case .inline, .ordered, .fixedRate, .fanout, .fanoutStalled: .mqtt
        case .length32: .length32
        case .length32JSON: .length32JSON
        case .pomelo: .descriptor
        case .rawEcho, .rawEchoFixedRate: .raw
        }
    }

    func apply(to options: inout LoadOptions) {
        switch self {
        case .inline, .length32, .length32JSON, .pomelo, .rawEcho: options.depth = 16
        case .ordered:
            options.depth = 16
            options.topic = "Echo/HD_RawOrdered"
        case .fixedRate, .rawEchoFixedRate: options.rate = Self.fixedRatePerSecond
        case .fanout: options.mode = .fanout
        case .fanoutStalled:
            options.mode = .fanout
            options.stalledReaders = 1
        }
    }
}

/// What is compared with what, and what is aimed at.
package enum ComparisonWork: String, Sendable, CaseIterable {
    /// MQTT request and reply, an inline handler, 64 bytes, 50 connections, 16 in flight.
    case inline
    /// The same at 40 000 requests a second.
    case rate
    /// The same through an ordered handler.
    case ordered
    /// The same over length32.
    case length32
    /// The same over length32-json.
    case json
    /// The same over pomelo.
    case pomelo
    /// One message to 50 sessions, 16 in flight.
    case fanout
    /// The same with one more reader that never reads.
    case stalled
    /// Sessions that do nothing.
    case idle

    /// All names, as an option takes them.
    package static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

    /// How gateway and reference are put together.
    enum Measure {
        /// Gateway by reference.
        case ratio
        /// Microseconds that the gateway takes more.
        case difference
        /// The gateway's microseconds alone.
        case microseconds
        /// Bytes a session.
        case bytes
    }

    var title: String {
        switch self {
        case .inline: "HD_Raw over MQTT, 16 in flight : raw echo"
        case .rate: "HD_Raw over MQTT, 40 000/s : raw echo"
        case .ordered: "HD_RawOrdered - HD_Raw"
        case .length32: "HD_Raw over length32 : over MQTT"
        case .json: "HD_Raw over length32-json : over MQTT"
        case .pomelo: "HD_Raw over pomelo : over MQTT"
        case .fanout: "push to 50 sessions, each delivery"
        case .stalled: "push, one reader stalled : none stalled"
        case .idle: "idle MQTT session"
        }
    }

    var load: LoadKey {
        switch self {
        case .inline, .idle: .inline
        case .rate: .fixedRate
        case .ordered: .ordered
        case .length32: .length32
        case .json: .length32JSON
        case .pomelo: .pomelo
        case .fanout: .fanout
        case .stalled: .fanoutStalled
        }
    }

    var reference: LoadKey? {
        switch self {
        case .inline: .rawEcho
        case .rate: .rawEchoFixedRate
        case .ordered, .length32, .json, .pomelo: .inline
        case .stalled: .fanout
        case .fanout, .idle: nil
        }
    }

    var measure: Measure {
        switch self {
        case .inline, .rate, .length32, .json, .pomelo, .stalled: .ratio
        case .ordered: .difference
        case .fanout: .microseconds
        case .idle: .bytes
        }
    }

    /// In how many of so many rounds it is measured: memory does not waver.
    package func rounds(of rounds: Int) -> Int { self == .idle ? min(rounds, 3) : rounds }

    /// At most this, by the median; `nil` where nothing is promised.
    var target: Double? {
        switch self {
        case .inline: 2.0
        case .rate: 1.3
        case .ordered: 3.0
        case .length32: 1.0
        case .json: 1.2
        case .pomelo: 1.5
        case .fanout: 1.0
        case .stalled: nil
        case .idle: 1_024
        }
    }
}
