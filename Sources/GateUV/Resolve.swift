import CUV
package import GateIO
import Glibc

/// Why a name means no address.
package enum ResolveError: Error, Equatable, Sendable {
    /// The name, and the resolver's words.
    case unknownHost(String, reason: String)
}

/// The addresses that `host` means: a numeric IPv4 or IPv6 address (also in brackets), or a name. Never empty; without
/// repeats; in the resolver's order. Blocks, so it is not called on a loop.
package func resolve(host: String, port: UInt16) throws(ResolveError) -> [SocketAddress] {
    var name = host
    if name.hasPrefix("[") && name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let error = unsafe getaddrinfo(name, nil, &hints, &list)
    if error != 0 || name.isEmpty {
        // Sound: a static, terminated string of the system.
        let reason = name.isEmpty ? "no host given" : unsafe String(cString: gai_strerror(error))
        throw .unknownHost(host, reason: reason)
    }
    defer { unsafe freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var entry = unsafe list
    while let info = unsafe entry?.pointee {
        unsafe entry = info.ai_next
        guard let from = unsafe info.ai_addr else { continue }
        var storage = sockaddr_storage()
        // Sound: the resolver wrote `ai_addrlen` bytes, at most what the storage holds.
        unsafe withUnsafeMutableBytes(of: &storage) { bytes in
            let count = min(bytes.count, Int(unsafe info.ai_addrlen))
            unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(start: from, count: count))
        }
        guard var address = SocketAddress(system: storage) else { continue }
        address.port = port
        if !addresses.contains(address) { addresses.append(address) }
    }
    if addresses.isEmpty { throw .unknownHost(host, reason: "neither IPv4 nor IPv6") }
    return addresses
}
