#if Redis
    import Glibc

    /// What the link asks the system for.
    enum RedisSystem {
        /// Whether a host is an address, which needs no looking up.
        static func isNumeric(_ host: String) -> Bool {
            unsafe withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { buffer in
                // Sound: an address has 4 or 16 bytes, which is what the buffer has room for.
                unsafe inet_pton(AF_INET, host, buffer.baseAddress) == 1
                    || inet_pton(AF_INET6, host, buffer.baseAddress) == 1
            }
        }

        /// The addresses that a name means, those of IPv4 first, as text. Blocks, so never on a loop.
        static func addresses(of name: String) throws(RedisFault) -> [String] {
            var hints = unsafe addrinfo()
            unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
            var list: UnsafeMutablePointer<addrinfo>?
            // Sound: the system makes the list, which is freed below.
            let error = unsafe getaddrinfo(name, nil, &hints, &list)
            guard error == 0 else { throw .notResolved(unsafe String(cString: gai_strerror(error))) }
            defer { unsafe freeaddrinfo(list) }
            var found: [(family: Int32, text: String)] = []
            var entry = unsafe list
            while let info = unsafe entry?.pointee {
                unsafe entry = info.ai_next
                var text = [CChar](repeating: 0, count: 64)
                // Sound: the text of an address is shorter than the room for it.
                let status = unsafe getnameinfo(
                    info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
                let characters = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                if status == 0 { unsafe found.append((info.ai_family, String(decoding: characters, as: UTF8.self))) }
            }
            return found.filter { $0.family == AF_INET }.map(\.text) + found.filter { $0.family != AF_INET }.map(\.text)
        }

        /// An error number in words.
        static func text(_ code: Int32) -> String {
            unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
                // Sound: strerror_r writes at most 128 bytes, the last of them NUL.
                guard let base = buffer.baseAddress, unsafe strerror_r(code, base, 128) == 0 else {
                    return "error \(code)"
                }
                return unsafe String(cString: base)
            }
        }
    }
#endif
