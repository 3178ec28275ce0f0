public import Logging

/// Keeps the lines that are logged through it, for a test to look at.
public struct RecordingLog: LogHandler {
    /// One line.
    public struct Line: Sendable, Hashable {
        /// How bad it is.
        public var level: Logger.Level
        /// What it says.
        public var message: String
        /// What goes with it.
        public var metadata: [String: String]
    }

    /// What was logged.
    public let lines: Record<Line>
    public var logLevel = Logger.Level.trace
    public var metadata: Logger.Metadata = [:]

    /// A handler that keeps the lines in `lines`.
    public init(into lines: Record<Line>) {
        self.lines = lines
    }

    /// A logger that keeps its lines in `lines`.
    public static func logger(into lines: Record<Line>) -> Logger {
        Logger(label: "test", factory: { _ in RecordingLog(into: lines) })
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        lines.add(Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" }))
    }
}
