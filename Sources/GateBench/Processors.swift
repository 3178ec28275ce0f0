import GateBytes

/// Which CPUs the server and the load tool run on.
package enum Processors {
    /// The CPUs that this process may use, ascending.
    ///
    /// Source: proc(5), `Cpus_allowed_list` in `/proc/self/status`.
    package static var allowed: [Int] {
        guard let status = readSmallFile("/proc/self/status") else { return [] }
        for line in status.split(separator: "\n") where line.hasPrefix("Cpus_allowed_list:") {
            return list(line.dropFirst("Cpus_allowed_list:".count))
        }
        return []
    }

    /// Reads `0-1,4`.
    package static func list(_ text: Substring) -> [Int] {
        var numbers: [Int] = []
        for part in text.split(whereSeparator: { ", \t".contains($0) }) {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 65_536 else { continue }
            numbers += first...last
        }
        return numbers
    }

    /// Binds this process, all its threads and those to come, to CPU `core`.
    /// - Returns: Whether the system did.
    static func pinOwnProcess(to core: Int, outputPath: String) -> Bool {
        do {
            let child = try ChildProcess(
                "taskset", ["-a", "-c", "-p", "\(core)", "\(processNumber)"], core: nil, outputPath: outputPath,
                errorPath: outputPath)
            while child.isRunning { sleepUntil(monotonicNow() + .milliseconds(1)) }
            return child.hasSucceeded
        } catch {
            return false
        }
    }
}
