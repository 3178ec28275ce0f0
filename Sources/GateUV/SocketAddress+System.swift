import CUV
import GateIO
import Glibc

extension SocketAddress {
    /// The address in the system's form; `nil` when it is neither IPv4 nor IPv6.
    init?(system storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = storage.rebound(to: sockaddr_in.self)
            self.init(v4: UInt32(bigEndian: address.sin_addr.s_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            let address = storage.rebound(to: sockaddr_in6.self)
            // Sound: sixteen plain bytes, read as two integers.
            let halves = unsafe withUnsafeBytes(of: address.sin6_addr) { bytes in
                unsafe (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
            self.init(
                v6: UInt64(bigEndian: halves.0), UInt64(bigEndian: halves.1), port: UInt16(bigEndian: address.sin6_port)
            )
        default: return nil
        }
    }

    /// What `getsockname` or `getpeername` answers; `nil` when it fails.
    static func named(
        by call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        // Sound: every socket address begins as `sockaddr`, and the storage holds the longest.
        let error = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &length) }
        }
        return error == 0 ? SocketAddress(system: storage) : nil
    }

    /// Lends the address in the system's form, with its length.
    func withSystemAddress<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        switch family {
        case .v4:
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(truncatingIfNeeded: low).bigEndian
            return unsafe Self.lend(address, to: body)
        case .v6:
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            // Sound: sixteen plain bytes, written as two integers.
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return unsafe Self.lend(address, to: body)
        }
    }

    private static func lend<Address, Result>(
        _ address: Address, to body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        // Sound: every socket address begins as `sockaddr`; the length tells the system what is behind.
        unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}

extension sockaddr_storage {
    /// The same bytes as the shorter kind of address that the family names.
    fileprivate func rebound<Address>(to kind: Address.Type) -> Address {
        // Sound: the storage is longer than every kind of address, is aligned for each, and both are plain bytes.
        unsafe withUnsafePointer(to: self) { pointer in
            unsafe pointer.withMemoryRebound(to: kind, capacity: 1) { unsafe $0.pointee }
        }
    }
}
