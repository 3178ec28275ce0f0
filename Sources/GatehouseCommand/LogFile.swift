import ArgumentParser
import Gatehouse
import Glibc

/// Where a server logs to.
enum LogFile {
    /// A writer of `GROUP.log` in the configured directory; of standard error when none is configured. The directory is made
    /// when it is not there, its parent must be.
    /// - Throws: The exit code when the file cannot be opened, which is then said on standard error.
    static func writer(of loaded: LoadedConfiguration) throws -> LogWriter {
        guard let directory = loaded.configuration.logDirectory else { return .standardError }
        let group = String(loaded.configuration.processGroup.map { $0 == "/" ? "_" : $0 })
        let path = "\(directory)/\(group).log"
        // Sound: the call reads the NUL-terminated copy of the path that Swift makes for it.
        _ = unsafe mkdir(directory, 0o755)
        do throws(FileFault) {
            return try LogWriter(path: path)
        } catch {
            throw ServerRun.refuse("\(path): cannot be written: \(error)", at: loaded.origins["log.directory"])
        }
    }
}
