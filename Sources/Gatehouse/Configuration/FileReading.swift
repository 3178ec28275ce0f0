import Glibc

/// Why a file cannot be read or written.
public enum FileFault: Error, Hashable, Sendable {
    /// The system says no; `number` is errno.
    case system(number: Int32)
    /// The path is a directory.
    case directory
    /// The path is a pipe, a device or a socket, which may never end or never begin.
    case notRegular
    /// The file is longer than what is read.
    case tooLarge(limit: Int)
}

extension FileFault: CustomStringConvertible {
    /// The reason in words.
    public var description: String {
        switch self {
        case .system(let number): Self.text(of: number)
        case .directory: "it is a directory"
        case .notRegular: "it is no regular file"
        case .tooLarge(let limit): "it has more than \(limit) bytes"
        }
    }

    /// What the system calls an error number.
    static func text(of number: Int32) -> String {
        // Sound: glibc keeps the text in constant or thread-local memory, and it is copied before anything else runs.
        guard let text = unsafe strerror(number) else { return "error \(number)" }
        return unsafe String(cString: text)
    }
}

/// Reads small files whole.
package enum FileReading {
    /// The longest file that is read: 16 MiB.
    package static let fileBytesMax = 16 * 1_048_576

    /// Checks that `path` is a directory that can be listed.
    static func checkDirectory(_ path: String) throws(FileFault) {
        // Sound: opendir reads the NUL-terminated copy of the path that Swift makes for the call.
        guard let stream = unsafe opendir(path) else { throw .system(number: errno) }
        unsafe closedir(stream)
    }

    /// The bytes of the file at `path`, which somebody named.
    package static func bytes(of path: String, limit: Int = fileBytesMax) throws(FileFault) -> [UInt8] {
        try bytes(of: path, limit: limit, isFound: false)
    }

    /// The bytes of a file that was found in a folder. A pipe in its place would hold whoever opens it until somebody
    /// writes: nothing but a regular file is waited for.
    package static func bytes(found path: String, limit: Int = fileBytesMax) throws(FileFault) -> [UInt8] {
        try bytes(of: path, limit: limit, isFound: true)
    }

    private static func bytes(of path: String, limit: Int, isFound: Bool) throws(FileFault) -> [UInt8] {
        // Sound: open reads the NUL-terminated copy of the path that Swift makes for the call.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | (isFound ? O_NONBLOCK : 0))
        guard descriptor >= 0 else { throw .system(number: errno) }
        defer { close(descriptor) }
        var status = stat()
        // Sound: the kernel fills the value whose address it gets for the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(number: errno) }
        if status.st_mode & S_IFMT == S_IFDIR { throw .directory }
        if isFound && status.st_mode & S_IFMT != S_IFREG { throw .notRegular }
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            // Sound: read gets the buffer's own address and length.
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(number: errno)
            }
            if count == 0 { return output }
            guard output.count + count <= limit else { throw .tooLarge(limit: limit) }
            output.append(contentsOf: chunk[..<count])
        }
    }
}
