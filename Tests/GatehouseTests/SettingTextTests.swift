import GateBytes
import GateJSON
import Gatehouse
import Glibc
import Testing

@Suite("Texts of durations and sizes, and files")
struct SettingTextTests {
    @Test(arguments: [
        ("10", 10_000), ("0.5", 500), ("5s", 5_000), ("5 s", 5_000), ("100ms", 100), ("2m", 120_000), ("1min", 60_000),
        ("1h", 3_600_000), ("1.5h", 5_400_000), ("0.01", 10), ("86400", 86_400_000),
    ])
    func aDurationIsRead(text: String, milliseconds: Int) throws {
        let configuration = try resolve(environment: ["GATEHOUSE_FRAME_SECONDS": text]).configuration()
        #expect(configuration.limits.frameTime == .milliseconds(milliseconds))
    }

    @Test(arguments: [
        "", "s", "5 days", "-1", "+1", "1e3", ".5", "0x10", "5S", "9ms", "86401", "1.2.3", "nan", "inf", "1s1s",
        "99999999999999999999999h",
    ])
    func aBadDurationIsRefused(text: String) {
        let outcome = resolve(flags: [ConfigurationFlag("frame-seconds", text)])
        #expect(
            outcome.faults == [
                "--frame-seconds: limits.frameSeconds: expected a time such as 10, \"5s\" or \"100ms\" in "
                    + "0.01...86400 seconds, found '\(text)'"
            ])
    }

    @Test(arguments: [
        ("2000", 2_000), ("2000B", 2_000), ("2kB", 2_000), ("2KiB", 2_048), ("2 kib", 2_048), ("1MB", 1_000_000),
        ("1MiB", 1_048_576), ("1GB", 1_000_000_000), ("1GiB", 1_073_741_824),
    ])
    func aSizeIsRead(text: String, bytes: Int) throws {
        let configuration = try resolve(environment: ["GATEHOUSE_QUEUED_BYTES_MAX": text]).configuration()
        #expect(configuration.limits.queuedBytesMax == bytes)
    }

    @Test(arguments: [
        "", "KiB", "1.5KiB", "-2000", "+2000", "2Ki", "2 000", "9223372036854775807GiB", "1023", "1025MiB",
    ])
    func aBadSizeIsRefused(text: String) {
        let outcome = resolve(flags: [ConfigurationFlag("queued-bytes-max", text)])
        #expect(
            outcome.faults == [
                "--queued-bytes-max: limits.queuedBytesMax: expected a size such as 65536 or \"64KiB\" in "
                    + "1024...1073741824 bytes, found '\(text)'"
            ])
    }

    @Test(arguments: [
        ("/nonexistent/server.json", "cannot be read: No such file or directory"),
        ("/", "cannot be read: it is a directory"), ("/dev/zero", "cannot be read: it has more than 16777216 bytes"),
        ("/dev/null", "1:1: unexpected end of input, expected a value"),
    ])
    func aFileThatCannotBeReadIsAFault(path: String, fault: String) {
        let faults = #expect(throws: ConfigurationFaults.self) { try ConfigurationLoader().load(path: path) }
        let separator = fault.hasPrefix("1:1") ? ":" : ": "
        #expect(faults?.faults.map(\.description) == [path + separator + fault])
    }

    @Test(arguments: [(9, false), (10, true), (11, true)])
    func aFileIsReadUpToItsLimit(limit: Int, isRead: Bool) throws {
        var template = Array("/tmp/gatehouse-file-XXXXXX".utf8CString)
        // Sound: mkstemp writes within the NUL-terminated array it gets for the call.
        let descriptor = unsafe mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.map { UInt8(bitPattern: $0) }.dropLast(), as: UTF8.self)
        // Sound: unlink reads the NUL-terminated copy of the path that Swift makes for the call.
        defer { _ = unsafe unlink(path) }
        let content = Array("0123456789".utf8)
        // Sound: write reads the array's own bytes for the call.
        try #require(unsafe write(descriptor, content, content.count) == content.count)
        close(descriptor)
        if isRead {
            #expect(try FileReading.bytes(of: path, limit: limit) == content)
        } else {
            #expect(throws: FileFault.tooLarge(limit: limit)) { try FileReading.bytes(of: path, limit: limit) }
        }
    }
}
