import GateJSON
import GateProtocol
import Testing

@testable import GateDescriptors

/// A workbench of a shipped protocol.
func workbench(_ name: String, _ parameters: [String: String] = [:]) throws -> DescriptorWorkbench {
    let file = try #require(DescriptorLibrary.shippedFiles.first { $0.protocolName == name })
    guard case .loaded(let descriptor) = ProtocolDescriptor.load(file) else { throw UnloadableFile(name: name) }
    return try DescriptorWorkbench(
        descriptor, file, options: ProtocolOptions(frameBytesMax: 1 << 28, parameters: parameters))
}

private struct UnloadableFile: Error {
    var name: String
}

/// A workbench of a descriptor given as text.
func workbench(text: String) throws -> DescriptorWorkbench {
    let file = DescriptorFile(name: "test.json5", bytes: Array(text.utf8))
    return try DescriptorWorkbench(try load(text), file, options: ProtocolOptions(frameBytesMax: 1 << 28))
}

@Suite struct DissectionTests {
    private typealias Field = Dissection.Field

    /// What clients send is bounded, and an answer is longer: it was read as a frame of no bytes, again and again.
    @Test(arguments: [0, 1, 70_000]) func answersOfAnyLengthAreRead(more: Int) throws {
        let text = """
            {limits: {max_frame: 9}, in: [{name: "payload", type: "bytes", len: "u8"}],
             out: [{name: "tag", type: "str", len: 65535}, {name: "payload", type: "bytes", len: "u32"}]}
            """
        let file = DescriptorFile(name: "test.json5", bytes: bytes(text))
        let bench = try DescriptorWorkbench(load(text), file, options: ProtocolOptions())
        let answer = [UInt8](repeating: 0x61, count: 65_535) + hex("00 01 11 70") + [UInt8](repeating: 0, count: 70_000)
        let dissection = bench.dissect(answer + answer.prefix(more), from: .server)
        #expect(dissection.frames.map(\.byteCount) == [answer.count])
        if more == 0 { #expect(dissection.ending == .complete) } else { #expect(dissection.ending != .complete) }
    }

    @Test func findsFramesFieldsAndTheirPlaces() throws {
        let dissection = try workbench("length16").dissect(hex("0003 616263 0000 0002 00ff"), from: .client)
        #expect(dissection.ending == .complete)
        #expect(dissection.frames.map(\.kind) == ["request", "empty", "request"])
        #expect(dissection.frames.map(\.offset) == [0, 5, 7])
        #expect(dissection.frames.map(\.byteCount) == [5, 2, 4])
        #expect(
            dissection.frames[0].fields == [
                Field(
                    name: "size", type: "u16", offset: 0, byteCount: 2, prefixByteCount: 0,
                    value: .number(3, name: nil)),
                Field(
                    name: "payload", type: "bytes", offset: 2, byteCount: 3, prefixByteCount: 0, value: .text("abc")),
            ])
        #expect(dissection.frames[2].fields[1].value == .bytes([0, 0xFF]))
        #expect(dissection.frames[0].meanings == [Dissection.Meaning(name: "payload", value: .text("abc"))])
    }

    @Test func framesOfTheGatewayMayBeShorterThanTheLimitOfClients() throws {
        let bench = try workbench(
            text: """
                {
                  limits: {max_frame: 1000},
                  in: [{name: "size", type: "u16", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
                  out: [{name: "size", type: "u8", counts: "after"}, {name: "payload", type: "bytes", len: "rest"}],
                  kinds: {request: {}, response: {}},
                }
                """)
        let dissection = bench.dissect(hex("02 6162 01 63"), from: .server)
        #expect(dissection.ending == .complete)
        #expect(dissection.frames.map(\.byteCount) == [3, 2])
    }

    @Test func findsWhatABodySays() throws {
        let body = #"{"route":"A/b","id":"x","body":[1]}"#
        let dissection = try workbench("length32-json").dissect(frame32(body), from: .client)
        #expect(
            dissection.frames.first?.meanings == [
                Dissection.Meaning(name: "route", value: .text("A/b")),
                Dissection.Meaning(name: "id", value: .text(#""x""#)),
                Dissection.Meaning(name: "payload", value: .text("[1]")),
            ])
    }

    @Test func tellsTheKindsOfAServer() throws {
        let bench = try workbench("length32-json")
        let answers =
            frame32(#"{"id":3,"result":1}"#) + frame32(#"{"id":3,"error":"no"}"#)
            + frame32(#"{"route":"A/b","body":1}"#)
        #expect(bench.dissect(answers, from: .server).frames.map(\.kind) == ["response", "error", "push"])
        #expect(try workbench("length16").dissect([0, 1, 7], from: .server).frames.map(\.kind) == ["response"])
        let scut = try workbench("scut").dissect(
            hex("1b000000 1b000000 00000000 01000000 00000000 02000000 02000000 7374 78"), from: .server)
        #expect(scut.frames.map(\.kind) == ["response"])
        #expect(scut.frames.first?.fields.map(\.name).last == "payload")
    }

    @Test func namesBitsNumbersAndTheirMeaning() throws {
        let bytes = hex("04 000004 02 03 4142")
        let dissection = try workbench("pomelo").dissect(bytes, from: .client)
        // A notice has no id; its route has a length in front.
        guard case .fault(.truncatedField, 0, 5, "route", let fields) = dissection.ending else {
            Issue.record("\(dissection)")
            return
        }
        #expect(fields.map(\.name) == ["pkg", "size", "flag", "dict", "mtype", "gzip", "failed"])
        #expect(fields.map(\.type) == ["u8", "u24", "u8", "bit 0", "bits 1-3", "bit 4", "bit 5"])
        #expect(fields[0].value == .number(4, name: "data"))
        #expect(fields[4].value == .number(1, name: "notify"))
    }

    @Test(arguments: [
        ([], 0, 0), ([0], 0, 1), ([0, 3], 3, 0), ([0, 3, 1, 2], 1, 0), ([0, 0, 0], 1, 2),
    ])
    func saysHowManyBytesAreMissing(bytes: [UInt8], missing: Int, offset: Int) throws {
        let dissection = try workbench("length16").dissect(bytes, from: .client)
        guard case .incomplete(let place, let count, let needed, _) = dissection.ending else {
            #expect(dissection.ending == .complete)
            #expect(bytes.isEmpty)
            return
        }
        #expect(needed - count == (bytes == [0] ? 1 : missing))
        #expect(place == (bytes.count == 3 ? offset : 0))
    }

    @Test(arguments: [
        ("length32", "7fffffff", FramingError.frameTooLarge(bytes: 2_147_483_647, limit: 1_048_576), 0, "size"),
        ("length32-json", "00000001 78", .malformedBody(offset: 0), 4, "body"),
        ("leaf-pb", "0001 00", .frameTooSmall(bytes: 1, minimum: 2), 0, "size"),
        ("netstring", "31 3a 61 2e", .wrongTerminator(0x2E), 3, "field 2"),
    ])
    func saysWhereAFaultIs(name: String, bytes: String, fault: FramingError, offset: Int, field: String) throws {
        let dissection = try workbench(name).dissect(hex(bytes), from: .client)
        guard case .fault(let found, 0, let place, let inField, _) = dissection.ending else {
            Issue.record("\(dissection)")
            return
        }
        #expect(found == fault)
        #expect(place == offset)
        #expect(inField == field)
        #expect(dissection.frames.isEmpty)
    }

    /// What clients and the gateway send in the vectors of all shipped files.
    @Test func takesAllShippedVectorsApart() throws {
        for file in DescriptorLibrary.shippedFiles {
            let plain = try workbench(file.protocolName)
            for vector in plain.descriptor.vectors where vector.isForThisBuild {
                let bench = vector.parameters.isEmpty ? plain : try workbench(file.protocolName, vector.parameters)
                // A greeting may be of another form than all frames after it.
                if bench.model.opening.isEmpty {
                    let output = bench.dissect(vector.output, from: .server)
                    #expect(output.ending == .complete, "\(file.name) \(vector.place.path)")
                    for frame in output.frames { expectNoGaps(frame, file.name) }
                }
                guard vector.close == nil else { continue }
                let input = bench.dissect(vector.input, from: .client)
                for frame in input.frames { expectNoGaps(frame, file.name) }
                let place = "\(file.name) \(vector.place.path): \(input.ending)"
                #expect((input.ending == .complete) == (vector.rest == 0), "\(place)")
            }
        }
    }

    /// Spoiled bytes are frames, the start of one, or a fault, and nothing else happens.
    @Test(arguments: DescriptorLibrary.shippedFiles.map(\.protocolName))
    func survivesSpoiledBytes(name: String) throws {
        let plain = try workbench(name)
        for vector in plain.descriptor.vectors {
            let bench = vector.parameters.isEmpty ? plain : try workbench(name, vector.parameters)
            for (sender, bytes) in [(Dissection.Sender.client, vector.input), (.server, vector.output)] {
                for index in bytes.indices.prefix(32) {
                    for byte: UInt8 in [0, 1, 0x7F, 0xFF] {
                        var spoiled = bytes
                        spoiled[index] = byte
                        for frame in bench.dissect(spoiled, from: sender).frames { expectNoGaps(frame, name) }
                    }
                }
            }
        }
    }

    private func expectNoGaps(_ frame: Dissection.Frame, _ name: String) {
        var offset = frame.offset
        var whole = frame.offset
        for field in frame.fields {
            // Bits stand where their integer does.
            let start = field.byteCount == 0 && field.type.hasPrefix("bit") ? whole : offset
            #expect(field.offset == start, "\(name) \(field.name)")
            if field.byteCount > 0 { whole = offset }
            offset += field.byteCount
        }
        #expect(offset == frame.offset + frame.byteCount, "\(name)")
    }
}
