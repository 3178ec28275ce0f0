#if Zlib
    import CZlib
    import GateBytes
    import GateProtocol

    /// Inflates in steps of one block, so that no more than that is ever written beyond what was asked for.
    enum Inflater {
        /// Bytes of one step.
        private static let blockBytes = 16_384

        static func run(
            _ input: Span<UInt8>, _ method: CompressionMethod, bytesMax: Int, into output: inout ByteBuffer
        ) throws(FramingError) {
            var stream = unsafe z_stream()
            // Sound: zlib keeps its state behind the stream until `inflateEnd`, and the stream does not move meanwhile.
            guard
                unsafe inflateInit2_(
                    &stream, method.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else { throw .corruptCompression }
            defer { _ = unsafe inflateEnd(&stream) }
            var block = [UInt8](repeating: 0, count: min(blockBytes, bytesMax + 1))
            var offset = 0
            var total = 0
            while true {
                // One byte above the limit is looked for, so that a body of exactly the limit passes.
                let room = min(block.count, bytesMax + 1 - total)
                let step = unsafe step(&stream, input, &offset, &block, room)
                total += step.count
                if total > bytesMax { throw .inflatedTooLarge(limit: bytesMax) }
                output.append(block.span, range: 0..<step.count)
                switch step.status {
                case Z_STREAM_END:
                    if offset != input.count { throw .corruptCompression }
                    return
                case Z_OK: continue
                // Also when the input ends before the stream does.
                default: throw .corruptCompression
                }
            }
        }

        /// Inflates into the block, `room` bytes at most.
        private static func step(
            _ stream: inout z_stream, _ input: Span<UInt8>, _ offset: inout Int, _ block: inout [UInt8], _ room: Int
        ) -> (status: Int32, count: Int) {
            // Sound: both buffers live for the length of the call, zlib only reads the input although its type does not
            // say so, and `avail_in` and `avail_out` are the bytes that are there.
            unsafe input.withUnsafeBufferPointer { source in
                unsafe block.withUnsafeMutableBufferPointer { target in
                    guard let to = target.baseAddress else { return (Z_BUF_ERROR, 0) }
                    let available = UInt32(min(source.count - offset, Int(UInt32.max)))
                    unsafe stream.next_in = source.baseAddress.map { from in
                        unsafe UnsafeMutablePointer(mutating: from + offset)
                    }
                    unsafe stream.avail_in = available
                    unsafe stream.next_out = to
                    unsafe stream.avail_out = UInt32(room)
                    let status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                    offset += unsafe Int(available - stream.avail_in)
                    return (status, unsafe room - Int(stream.avail_out))
                }
            }
        }
    }

    /// Deflates what the gateway sends: small bodies, in one step.
    enum Deflater {
        static func run(_ input: Span<UInt8>, _ method: CompressionMethod) -> [UInt8]? {
            guard input.count > 0, input.count <= Int(UInt32.max) else { return nil }
            var stream = unsafe z_stream()
            // Sound: as in `Inflater`.
            guard
                unsafe deflateInit2_(
                    &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, method.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                    Int32(MemoryLayout<z_stream>.size)) == Z_OK
            else { return nil }
            defer { _ = unsafe deflateEnd(&stream) }
            // What does not fit here is no shorter.
            var output = [UInt8](repeating: 0, count: input.count)
            let count = unsafe input.withUnsafeBufferPointer { source in
                unsafe output.withUnsafeMutableBufferPointer { target -> Int? in
                    guard let from = source.baseAddress, let to = target.baseAddress else { return nil }
                    unsafe stream.next_in = UnsafeMutablePointer(mutating: from)
                    unsafe stream.avail_in = UInt32(source.count)
                    unsafe stream.next_out = to
                    unsafe stream.avail_out = UInt32(target.count)
                    guard unsafe CZlib.deflate(&stream, Z_FINISH) == Z_STREAM_END else { return nil }
                    return unsafe target.count - Int(stream.avail_out)
                }
            }
            guard let count, count < input.count else { return nil }
            return Array(output[..<count])
        }
    }

    extension CompressionMethod {
        /// How zlib is told of the format: 32 KiB of window, and what stands around them.
        fileprivate var windowBits: Int32 {
            switch self {
            case .zlib: 15
            case .gzip: 15 + 16
            case .raw: -15
            }
        }
    }
#endif
