import Glibc
public import Logging

/// Writes each log event as one line: time, level, message, then `key=value` pairs.
///
/// The line is handed to a ``LogWriter``, which writes it on a thread of its own: whoever logs never waits.
public struct LineLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let writer: LogWriter

    /// A handler whose lines `writer` writes.
    public init(level: Logger.Level, writer: LogWriter = .standardError) {
        logLevel = level
        self.writer = writer
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var line = "\(Self.timestamp()) \(event.level) \(event.message)"
        let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(Self.quoted("\(value)"))" }
        line += "\n"
        writer.write(line)
    }

    /// RFC 3339 in UTC, to the millisecond.
    static func timestamp() -> String {
        let now = SystemClock.wallMilliseconds()
        var seconds = time_t(now / 1_000)
        var parts = unsafe tm()
        // Sound: both pointers are used during the call only.
        unsafe gmtime_r(&seconds, &parts)
        func digits(_ value: Int, _ width: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, width - text.count)) + text
        }
        let date = unsafe [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)].map { digits($0, 2) }
        let time = unsafe [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)].map { digits($0, 2) }
        return date.joined(separator: "-") + "T" + time.joined(separator: ":") + "." + digits(Int(now % 1_000), 3) + "Z"
    }

    /// A value with spaces or quotes is quoted; control characters are shown as escapes, so that a line stays one line.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F && $0 != 0x5C }
        if isPlain && !text.isEmpty { return text }
        return "\"" + text.unicodeScalars.map { $0.escaped(asASCII: false) }.joined() + "\""
    }
}
