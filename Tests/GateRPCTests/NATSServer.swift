#if NATS
    import Glibc

    /// Debian's nats-server on a free port of the loopback, for the tests of this process.
    final class NATSServer: Sendable {
        /// Started at the first need; ends with this process.
        static let shared = Result { try NATSServer() }

        let port: UInt16
        let pid: pid_t
        var url: String { "nats://127.0.0.1:\(port)" }

        /// Starts a server, which the parent-death signal of setpriv ends when this process is gone.
        init(port: UInt16? = nil) throws {
            self.port = try port ?? Self.freePort()
            pid = try Self.spawn([
                "/usr/bin/setpriv", "--pdeathsig", "KILL", "/usr/sbin/nats-server", "-a", "127.0.0.1", "-p",
                "\(self.port)", "-l", "/dev/null",
            ])
        }

        /// Sends a signal to this server.
        func signal(_ number: Int32) { kill(pid, number) }

        /// Ends the server and waits for its end.
        func end() {
            kill(pid, SIGKILL)
            var status: Int32 = 0
            unsafe waitpid(pid, &status, 0)
        }

        private static func spawn(_ words: [String]) throws -> pid_t {
            var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) }
            unsafe arguments.append(nil)
            defer { unsafe arguments.forEach { unsafe free($0) } }
            var pid: pid_t = 0
            guard unsafe posix_spawn(&pid, words[0], nil, nil, arguments, nil) == 0 else {
                throw TestFailure.unexpected
            }
            return pid
        }

        private static func freePort() throws -> UInt16 {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(descriptor) }
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let error = unsafe withUnsafeMutablePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                    unsafe bind(descriptor, address, length) | getsockname(descriptor, address, &length)
                }
            }
            guard error == 0 else { throw TestFailure.unexpected }
            return UInt16(bigEndian: address.sin_port)
        }
    }
#endif
