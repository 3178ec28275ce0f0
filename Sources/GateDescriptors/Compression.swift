package import GateBytes
package import GateProtocol

/// Formats of compressed bytes. Each is deflate (RFC 1951) with another head and checksum around it.
package enum CompressionMethod: String, CaseIterable, Sendable {
    /// RFC 1950, with an Adler-32.
    case zlib
    /// RFC 1952, with a CRC-32.
    case gzip
    /// RFC 1951, nothing around it.
    case raw
}

/// Inflates and deflates parts of frames; with the trait `Zlib` only.
package enum Compression {
    /// Whether this build has zlib.
    package static var isAvailable: Bool {
        #if Zlib
            true
        #else
            false
        #endif
    }

    /// Appends what `input` becomes when it is inflated.
    ///
    /// Memory grows with what is really there, never with what the input claims, and never beyond `bytesMax` and one.
    /// - Throws: ``FramingError/inflatedTooLarge(limit:)`` with the first byte above `bytesMax`,
    ///   ``FramingError/corruptCompression`` for broken or missing bytes and for bytes behind the end,
    ///   ``FramingError/compressionUnsupported`` in a build without zlib.
    package static func inflate(
        _ input: Span<UInt8>, _ method: CompressionMethod, bytesMax: Int, into output: inout ByteBuffer
    ) throws(FramingError) {
        #if Zlib
            try Inflater.run(input, method, bytesMax: bytesMax, into: &output)
        #else
            throw .compressionUnsupported
        #endif
    }

    /// The bytes deflated; `nil` when that makes them no shorter, and in a build without zlib.
    package static func deflate(_ input: Span<UInt8>, _ method: CompressionMethod) -> [UInt8]? {
        #if Zlib
            Deflater.run(input, method)
        #else
            nil
        #endif
    }
}
