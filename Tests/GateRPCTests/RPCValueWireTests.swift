import GateJSON
import GateRPC
import Testing

@Suite struct RPCValueWireTests {
    private func bytes(_ value: RPCValue) -> [UInt8] {
        var writer = WireWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    @Test(arguments: Samples.values)
    func valuesTravel(value: RPCValue) throws {
        #expect(try Samples.decodeValue(bytes(value)) == value)
    }

    @Test(
        arguments: [
            (.null, [0x08, 1]), (.bool(false), [0x10, 0]), (.int32(-1), [0x18, 1]), (.int64(1), [0x20, 2]),
            (.float(1), [0x2D, 0, 0, 0x80, 0x3F]), (.double(1), [0x31, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F]),
            (.string("a"), [0x3A, 1, 0x61]), (.bytes([]), [0x42, 0]), (.encodedJSON([0x31]), [0x4A, 1, 0x31]),
            (.bare([7]), [0x52, 1, 7]), (.array([.null]), [0x5A, 4, 0x0A, 2, 0x08, 1]),
            (.map(["k": .null]), [0x62, 9, 0x0A, 7, 0x0A, 1, 0x6B, 0x12, 2, 0x08, 1]),
        ] as [(RPCValue, [UInt8])])
    func aValueHasExactlyTheseBytes(value: RPCValue, expected: [UInt8]) {
        #expect(bytes(value) == expected)
    }

    @Test(arguments: [0x7FF8_0000_0000_0001, 0xFFF0_0000_0000_0001, 0x8000_0000_0000_0000] as [UInt64])
    func doublesKeepTheirBits(bits: UInt64) throws {
        guard case .double(let back) = try Samples.decodeValue(bytes(.double(Double(bitPattern: bits)))) else {
            throw TestFailure.unexpected
        }
        #expect(back.bitPattern == bits)
    }

    @Test(arguments: [0x7FC0_0001, 0xFF80_0000, 0x8000_0000] as [UInt32])
    func floatsKeepTheirBits(bits: UInt32) throws {
        guard case .float(let back) = try Samples.decodeValue(bytes(.float(Float(bitPattern: bits)))) else {
            throw TestFailure.unexpected
        }
        #expect(back.bitPattern == bits)
    }

    @Test func jsonArrivesAsItsText() throws {
        #expect(try Samples.decodeValue(bytes(.json(["a": 1]))) == .encodedJSON([UInt8](#"{"a":1}"#.utf8)))
    }

    @Test func brokenJSONIsRefused() {
        #expect(throws: EnvelopeError.invalidText) { try Samples.decodeValue([0x4A, 1, 0x7B]) }
    }

    @Test func depthHasALimit() throws {
        for depth in [31, 32, 33] {
            var value = RPCValue.null
            for _ in 1..<depth { value = .array([value]) }
            if depth <= EnvelopeLimits.valueDepthMax {
                #expect(try Samples.decodeValue(bytes(value)) == value)
            } else {
                #expect(throws: EnvelopeError.tooDeep(limit: 32)) { try Samples.decodeValue(bytes(value)) }
            }
        }
    }

    @Test func theNumberOfValuesHasALimit() throws {
        for count in [65_535, 65_536, 65_537] {
            // The array itself is one of them.
            let value = RPCValue.array([RPCValue](repeating: .null, count: count - 1))
            if count <= EnvelopeLimits.valuesMax {
                #expect(try Samples.decodeValue(bytes(value)) == value)
            } else {
                #expect(throws: EnvelopeError.tooMany(limit: 65_536)) { try Samples.decodeValue(bytes(value)) }
            }
        }
    }

    @Test(arguments: [[], [0x18, 0x80, 0x80, 0x80, 0x80, 0x20], [0x3A, 1, 0xC0]] as [[UInt8]])
    func refuses(bytes: [UInt8]) {
        #expect(throws: EnvelopeError.self) { try Samples.decodeValue(bytes) }
    }

    @Test func mapsAndArraysAreJSONToo() {
        var text: [UInt8] = []
        RPCValue.map(["b": .array([.int32(1), .null]), "a": .string("x")]).writeJSON(into: &text)
        #expect(String(decoding: text, as: UTF8.self) == #"{"a":"x","b":[1,null]}"#)
    }
}
