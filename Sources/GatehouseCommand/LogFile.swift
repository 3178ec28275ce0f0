import ArgumentParser
import Gatehouse
import Glibc

/// The file that a server logs to.
enum LogFile {
    /// Opens `GROUP.log` in the configured directory to append to; standard error when none is configured. The directory
    /// is made when it is not there, its parent must be.
    /// - Throws: The exit code when the file cannot be opened, which is then said on standard error.
    static func descriptor(of configuration: ServerConfiguration) throws -> Int32 {
        guard let directory = configuration.logDirectory else { return STDERR_FILENO }
        let group = String(configuration.processGroup.map { $0 == "/" ? "_" : $0 })
        let path = "\(directory)/\(group).log"
        // Sound: the calls read the NUL-terminated copies of the paths that Swift makes for them.
        _ = unsafe mkdir(directory, 0o755)
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            StandardStreams.complain("\(path): error: cannot be written: \(FileFault.system(number: errno))")
            throw ExitStatus.configuration
        }
        return descriptor
    }
}
