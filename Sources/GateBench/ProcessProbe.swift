package import GateBytes
import GateUV
import Glibc

/// Reads what the system tells about another process of this machine.
package struct ProcessProbe: Sendable {
    /// Bytes that are read of one file; what is looked for stands at its start.
    static let fileBytesMax = 4_096

    /// The process.
    package let pid: Int32

    /// A probe of process `pid`.
    package init(pid: Int32) {
        self.pid = pid
    }

    /// CPU time of all threads, user and system together; `nil` when there is no such process.
    ///
    /// Exact to a nanosecond where the kernel tells the time on a CPU of each thread (`/proc/PID/task/*/schedstat`, first
    /// number), else to a clock tick (`/proc/PID/stat`, fields 14 and 15). Threads that ended meanwhile do not count in
    /// the first form; a server's do not end while it is measured.
    package func cpuTime() -> TimeSpan? {
        threadsTime() ?? ticksTime()
    }

    private func threadsTime() -> TimeSpan? {
        let path = "/proc/\(pid)/task"
        guard let folder = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(folder) }
        var sum: Int64 = 0
        var threads = 0
        while let entry = unsafe readdir(folder) {
            let name = unsafe Self.name(of: entry)
            guard Int32(name) != nil, let text = readSmallFile("\(path)/\(name)/schedstat"),
                let first = text.split(separator: " ").first, let nanoseconds = Int64(first)
            else { continue }
            sum += nanoseconds
            threads += 1
        }
        return threads == 0 || sum == 0 ? nil : TimeSpan(nanoseconds: sum)
    }

    /// The name in a directory's entry.
    static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
        // Sound: the system ends the name with a zero within the array.
        unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
        }
    }

    private func ticksTime() -> TimeSpan? {
        guard let text = readSmallFile("/proc/\(pid)/stat") else { return nil }
        return Self.cpuTime(ofStat: text, ticksPerSecond: Int64(sysconf(Int32(_SC_CLK_TCK))))
    }

    /// User and system time in a line of `/proc/PID/stat`.
    ///
    /// The program's name stands in parentheses and may hold any character, so fields are counted from the last one.
    package static func cpuTime(ofStat text: String, ticksPerSecond: Int64) -> TimeSpan? {
        guard let end = text.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        // Field 3, the state, is the first behind the name.
        guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else { return nil }
        return TimeSpan(nanoseconds: (user + system) * 1_000_000_000 / ticksPerSecond)
    }

    /// Bytes in memory (RSS); `nil` when there is no such process.
    package func residentBytes() -> Int? {
        guard let text = readSmallFile("/proc/\(pid)/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }
}

/// The system's words for an errno.
func describe(_ code: Int32) -> String { "\(SystemError(code: code))" }

/// The number of this process.
let processNumber = getpid()
