import GateBytes
import Glibc

/// Writes small files whole.
///
/// Sound: paths and bytes are lent to the system for the length of each call only.
package enum FileWriting {
    /// Puts `bytes` into the file at `path`, so that a reader sees the old content or the new one and nothing between. A link
    /// stays one, and what it leads to is replaced.
    /// - Throws: ``FileFault/notRegular`` for a device, a pipe or a socket, which stays as it is.
    package static func replace(_ path: String, with bytes: [UInt8]) throws(FileFault) {
        let path = try target(of: path) ?? path
        let draft = "\(path).\(getpid())"
        let file = unsafe open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .system(number: errno) }
        if let number = write(bytes, to: file) {
            close(file)
            unsafe unlink(draft)
            throw .system(number: number)
        }
        close(file)
        guard unsafe rename(draft, path) == 0 else {
            let number = errno
            unsafe unlink(draft)
            throw .system(number: number)
        }
    }

    /// The file that a path leads to over links; `nil` where nothing is there.
    private static func target(of path: String) throws(FileFault) -> String? {
        var status = stat()
        // Sound: the kernel fills the value whose address it gets for the call.
        guard unsafe stat(path, &status) == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .directory
        default: throw .notRegular
        }
        // Sound: realpath makes a text that is ours to free.
        guard let resolved = unsafe realpath(path, nil) else { throw .system(number: errno) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }

    /// Removes the file at `path`, unless somebody else has written it since: it holds other bytes, or is not there.
    package static func remove(_ path: String, ifItHolds bytes: [UInt8]) {
        guard let path = try? target(of: path) else { return }
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return }
        defer { close(file) }
        var held = [UInt8](repeating: 0, count: bytes.count + 1)
        let count = uninterrupted {
            // Sound: reads at most what the array holds.
            unsafe held.withUnsafeMutableBytes { unsafe read(file, $0.baseAddress, $0.count) }
        }
        if count == bytes.count, held[..<bytes.count].elementsEqual(bytes) { unsafe unlink(path) }
    }

    /// Writes all bytes to an open file.
    /// - Returns: The errno where that fails.
    static func write(_ bytes: [UInt8], to file: Int32) -> Int32? {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = uninterrupted {
                // Sound: the pointer is used during the call only.
                unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            }
            guard written > 0 else { return written < 0 ? errno : EIO }
            rest = rest.dropFirst(written)
        }
        return nil
    }

    /// Opens a file to append to, made where it is not there.
    static func appending(_ path: String) throws(FileFault) -> Int32 {
        let file = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .system(number: errno) }
        return file
    }
}
