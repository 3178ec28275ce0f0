package import GateBytes
import Glibc

/// A process that the load tool started and stops again, by its number.
package final class ChildProcess {
    /// How long a process may take to end after SIGTERM before it is killed.
    static let endTime = TimeSpan.seconds(10)
    /// Environment variables that a child gets; others, `GATEHOUSE_...` above all, would change what is measured.
    static let inheritedVariables = ["PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH"]

    /// Its number, until it has ended.
    package let pid: Int32
    private let name: String
    private let errorPath: String
    private var status: Int32?

    /// Starts `path` with `arguments`, on CPU `core` when one is given (through taskset, from util-linux).
    ///
    /// Standard input is empty; standard output and error go to the files `outputPath` and `errorPath`.
    package init(
        _ path: String, _ arguments: [String], core: Int?, outputPath: String, errorPath: String
    ) throws(LoadError) {
        let command = core.map { ["taskset", "-c", "\($0)", path] + arguments } ?? [path] + arguments
        name = path.split(separator: "/").last.map(String.init) ?? path
        self.errorPath = errorPath
        pid = try Self.spawn(command, outputPath: outputPath, errorPath: errorPath)
    }

    private static func spawn(
        _ command: [String], outputPath: String, errorPath: String
    ) throws(LoadError) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        // Sound: made, used and destroyed here; the system copies the paths.
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        for (descriptor, path) in [(STDOUT_FILENO, outputPath), (STDERR_FILENO, errorPath)] {
            unsafe posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        }
        var attributes = posix_spawnattr_t()
        var signals = sigset_t()
        // Sound: made, used and destroyed here.
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        // A thread of Swift's pool blocks all signals, and a child would, too: it could not be asked to end.
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let environment = inheritedVariables.compactMap { name in
            // Sound: the system's own terminated string, copied at once.
            unsafe getenv(name).map { unsafe "\(name)=\(String(cString: $0))" }
        }
        var pid: pid_t = 0
        let error = unsafe withCStrings(command) { arguments in
            unsafe withCStrings(environment) { variables in
                // Sound: both lists end with nil and live for the call.
                unsafe posix_spawnp(&pid, command[0], &actions, &attributes, arguments, variables)
            }
        }
        if error != 0 { throw .childFailed("\(command[0]): \(describe(error))") }
        return pid
    }

    /// Whether it runs still.
    package var isRunning: Bool {
        if status != nil { return false }
        var status: Int32 = 0
        // Sound: the call writes the number only.
        if unsafe waitpid(pid, &status, WNOHANG) != pid { return true }
        self.status = status
        return false
    }

    /// Whether it ended with 0.
    package var hasSucceeded: Bool { !isRunning && status == 0 }

    /// Waits until `look` finds something.
    /// - Throws: When the process ends before, or `timeout` passes, with what it wrote to standard error.
    package func wait<Value>(_ timeout: TimeSpan, until look: () -> Value?) throws(LoadError) -> Value {
        let end = monotonicNow() + timeout
        while isRunning && monotonicNow() < end {
            if let value = look() { return value }
            sleepUntil(monotonicNow() + .milliseconds(10))
        }
        let words = readSmallFile(errorPath)?.split(separator: "\n").first.map { ": \($0)" } ?? ""
        throw .childFailed("\(name) \(isRunning ? "is not ready in time" : "ended at once")\(words)")
    }

    /// Asks it to end, and kills it when it does not in ``endTime``.
    package func stop() {
        if !isRunning { return }
        kill(pid, SIGTERM)
        let end = monotonicNow() + Self.endTime
        while isRunning {
            if monotonicNow() >= end { kill(pid, SIGKILL) }
            sleepUntil(monotonicNow() + .milliseconds(10))
        }
    }

    deinit { stop() }
}

/// Processes are started and stopped by one thread.
@available(*, unavailable)
extension ChildProcess: Sendable {}

/// Lends the texts as C has lists of them: pointers to terminated strings, then nil.
private func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) }
    unsafe pointers.append(nil)
    // Sound: the copies live until they are freed here; the list lives for the call.
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeBufferPointer { list in
        guard let base = list.baseAddress else { preconditionFailure("the list ends with nil, so it has an element") }
        return unsafe body(base)
    }
}
