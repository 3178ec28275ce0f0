import CUV

/// A system call that failed; `code` is its errno, a positive number.
package struct SystemError: Error, Equatable, Sendable {
    /// The errno.
    package var code: Int32

    /// From an errno.
    package init(code: Int32) {
        self.code = code
    }

    /// From libuv's negative code, which is the negated errno on Unix.
    init(uv: Int32) {
        code = -uv
    }
}

extension SystemError: CustomStringConvertible {
    /// The system's words: `address already in use`.
    package var description: String {
        guard let text = unsafe uv_strerror(-code) else { return "error \(code)" }
        // Sound: a static, terminated string of libuv for every code that it knows.
        return unsafe String(cString: text)
    }
}
