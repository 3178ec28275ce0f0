import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit
import Testing

/// A frame whose flag says that the rest is compressed.
private func descriptor(_ method: String, max: Int = 64) throws -> ProtocolDescriptor {
    try load(
        """
        {limits: {max_inflated: \(max)}, frame: [
          {name: "size", type: "u16", counts: "after"}, {name: "flag", type: "u8"},
          {type: "group", inflate: {method: "\(method)", when: {flag: 1}},
           fields: [{name: "payload", type: "bytes", len: "rest"}]}]}
        """)
}

private func packedFrame(_ body: [UInt8]) -> [UInt8] { frame16([1] + body) }

#if Zlib
    /// Bytes that get shorter.
    private func deflated(_ plain: [UInt8], _ method: CompressionMethod) throws -> [UInt8] {
        let packed = Compression.deflate(plain.span, method)
        return try #require(packed)
    }

    @Suite struct CompressionTests {
        @Test(arguments: CompressionMethod.allCases, [63, 64, 65])
        func inflatesUpToTheLimit(method: CompressionMethod, count: Int) throws {
            let plain = [UInt8](repeating: 0x61, count: count)
            let packed = try deflated(plain, method)
            let driver = try driver(try descriptor(method.rawValue))
            driver.receive(packedFrame(packed))
            #expect(driver.fault == (count <= 64 ? nil : .framing(.inflatedTooLarge(limit: 64))))
            #expect(driver.takeEvents() == (count <= 64 ? [request("", String(repeating: "a", count: count), 1)] : []))
        }

        @Test(arguments: CompressionMethod.allCases)
        func stopsABombAtTheLimit(method: CompressionMethod) throws {
            let bomb = try deflated([UInt8](repeating: 0, count: 16 << 20), method)
            #expect(bomb.count < 65_000)
            let driver = try driver(try descriptor(method.rawValue, max: 1 << 20))
            driver.receive(packedFrame(bomb))
            #expect(driver.fault == .framing(.inflatedTooLarge(limit: 1 << 20)))
            // What was written is bounded by the limit, not by what the bomb becomes.
            var output = ByteBuffer()
            do throws(FramingError) {
                try Compression.inflate(bomb.span, method, bytesMax: 100_000, into: &output)
                Issue.record("a bomb passes")
            } catch {
                #expect(error == .inflatedTooLarge(limit: 100_000))
            }
            #expect(output.count <= 100_000)
            #expect(output.capacity <= 1 << 18)
        }

        @Test(arguments: CompressionMethod.allCases)
        func refusesStreamsThatAreCutOffOrGoOn(method: CompressionMethod) throws {
            let plain = bytes(String(repeating: "hello ", count: 10))
            let packed = try deflated(plain, method)
            for count in 0..<packed.count {
                let driver = try driver(try descriptor(method.rawValue))
                driver.receive(packedFrame(Array(packed[..<count])))
                #expect(driver.fault == .framing(.corruptCompression), "\(count)")
            }
            for tail in [[0], packed] as [[UInt8]] {
                let driver = try driver(try descriptor(method.rawValue))
                driver.receive(packedFrame(packed + tail))
                #expect(driver.fault == .framing(.corruptCompression))
            }
        }

        @Test(arguments: CompressionMethod.allCases)
        func noByteThatIsChangedDoesHarm(method: CompressionMethod) throws {
            let packed = try deflated(bytes(String(repeating: "hello ", count: 10)), method)
            let make = try descriptor(method.rawValue).definition().configure(ProtocolOptions())
            for index in packed.indices {
                for value in [0, 0xFF, packed[index] ^ 1, packed[index] ^ 0x80] as [UInt8] {
                    var changed = packed
                    changed[index] = value
                    try ProtocolVerifier(seed: UInt64(index), rounds: 2, make).verify(packedFrame(changed))
                }
            }
        }

        @Test func frameAfterFrameIsInflatedHoweverTheBytesAreSplit() throws {
            let packed = try deflated([UInt8](repeating: 0x61, count: 40), .zlib)
            let make = try descriptor("zlib").definition().configure(ProtocolOptions())
            let stream = packedFrame(packed) + frame16([0] + bytes("plain")) + packedFrame(packed)
            let outcome = try ProtocolVerifier(make).verify(stream)
            #expect(outcome.fault == nil)
            // The opening comes first.
            #expect(outcome.events.count == 4)
        }

        @Test func readsFieldsKeysAndIDsInCompressedBytes() throws {
            let descriptor = try load(
                """
                {frame: [
                   {name: "size", type: "u16", counts: "after"}, {name: "flag", type: "u8"},
                   {type: "group", inflate: {method: "zlib", when: {flag: 1}}, fields: [
                     {name: "tag", type: "u8"},
                     {name: "body", type: "json", len: "rest", json: {route: "r", id: "i", payload: "p"}}]}],
                 kinds: {request: {tag: 7, has: ["route", "id"]}, response: {has: ["id", "payload"]}}}
                """)
            let body =
                [7] + bytes(#"{"r":"Chat/HD_Say","i":"one","p":{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}"#)
            let packed = try deflated(body, .zlib)
            let driver = try driver(descriptor)
            driver.receive(packedFrame(packed))
            let events = driver.takeEvents()
            let correlation = try #require(correlations(events).first)
            #expect(
                events == [
                    .message(
                        .request, topic: bytes("Chat/HD_Say"),
                        payload: bytes(#"{"text":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}"#), correlation,
                        acknowledgement: 0)
                ])
            driver.send(.reply(correlation, .result, .json), payload: bytes("1"))
            #expect(driver.takeOutput() == frame16([0, 0] + bytes(#"{"i":"one","p":1}"#)))
        }

        /// Compressed, they may be fewer bytes than what they are made of.
        @Test(arguments: [(4, true), (3, false)]) func aSmallestLengthCountsNothingThatMayBeCompressed(
            minimum: Int, loads: Bool
        ) {
            let text = """
                {frame: [{name: "size", type: "u16", counts: "after", min: \(minimum)}, {name: "mark", type: "u32"},
                  {type: "group", inflate: {method: "gzip", sniff: "1f8b08"}, deflate: {method: "gzip", over: 40},
                   fields: [{name: "tag", type: "u64"}, {name: "payload", type: "bytes", len: "rest"}]}]}
                """
            let found = ProtocolDescriptor.load(DescriptorFile(name: "test.json5", bytes: bytes(text)))
            if case .loaded = found { #expect(loads) } else { #expect(!loads) }
        }

        @Test(arguments: [(35, false), (36, false), (37, true)])
        func compressesLongAnswersOnly(payloadBytes: Int, isPacked: Bool) throws {
            let descriptor = try load(
                """
                {frame: [{name: "size", type: "u16", counts: "after"},
                  {type: "group", inflate: {method: "gzip", sniff: "1f8b08"}, deflate: {method: "gzip", over: 40},
                   fields: [{name: "total", type: "u16", counts: "frame", plus: -2}, {name: "tag", type: "u16"},
                            {name: "payload", type: "bytes", len: "rest"}]}]}
                """)
            let driver = try driver(descriptor)
            let payload = [UInt8](repeating: 0x61, count: payloadBytes)
            driver.send(.push(.atMostOnce, .bytes), payload: payload)
            let output = driver.takeOutput()
            let total = UInt8(payloadBytes + 4)
            let plain = [0, total, 0, 0] + payload
            #expect((output == frame16(plain)) == !isPacked)
            if isPacked {
                #expect(output.count < plain.count)
                #expect(output[2..<5] == [0x1F, 0x8B, 0x08])
                #expect(output[..<2] == [0, UInt8(output.count - 2)])
            }
            // A client that sends the same is understood.
            driver.receive(output)
            #expect(driver.takeEvents() == [request("", String(repeating: "a", count: payloadBytes), 1)])
            #expect(driver.fault == nil)
        }

        @Test func takesACompressedAnswerOfScutApart() throws {
            let file = try #require(DescriptorLibrary.shippedFiles.first { $0.name == "scut.json5" })
            let descriptor = try #require(DescriptorLibrary().descriptor(named: "scut"))
            let bench = try DescriptorWorkbench(descriptor, file, options: ProtocolOptions())
            let recorded = hex(
                "28000000 1f8b0800000000000203536580002628fd9219c22e2e01321832522bd9811400357dc76825000000")
            let dissection = bench.dissect(recorded, from: .server)
            #expect(dissection.ending == .complete)
            let frame = try #require(dissection.frames.first)
            #expect(frame.kind == "response")
            #expect(frame.fields.map(\.byteCount) == [4, 40])
            let payload = frame.meanings.first { $0.name == "payload" }
            #expect(payload?.value == .bytes(hex("03000000 686579 07000000")))
        }
    }
#else
    @Suite struct WithoutCompressionTests {
        @Test(arguments: CompressionMethod.allCases)
        func aCompressedFrameHasAReasonOfItsOwn(method: CompressionMethod) throws {
            let driver = try driver(try descriptor(method.rawValue))
            driver.receive(frame16([0] + bytes("plain")) + packedFrame([0x78, 0x9C, 0x03, 0x00, 0, 0, 0, 1]))
            #expect(driver.takeEvents() == [request("", "plain", 1)])
            #expect(driver.fault == .framing(.compressionUnsupported))
            #expect(driver.fault?.closeReason.rawValue == "compression_unsupported")
        }

        @Test func longAnswersGoOutAsTheyAre() throws {
            let driver = try driver(
                "scut", ProtocolOptions(parameters: ["gzip_over": "16"], routes: ["2001": "Game/OnTick"]))
            driver.send(
                .push(.atMostOnce, .bytes), topic: bytes("Game/OnTick"), payload: [UInt8](repeating: 0x61, count: 100))
            #expect(driver.takeOutput().count == 4 + 26 + 100)
        }
    }
#endif
